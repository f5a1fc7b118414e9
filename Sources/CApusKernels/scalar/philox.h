// Philox 4x32-10: four random words that are a pure function of a counter and a key, so that dropout is recomputed,
// never stored. Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#ifndef APUS_SCALAR_PHILOX_H
#define APUS_SCALAR_PHILOX_H

#include <math.h>
#include <stdint.h>

typedef struct {
  uint32_t word[4];
} apus_philox_block;

static inline apus_philox_block apus_philox(uint64_t seed, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3) {
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t product0 = (uint64_t)c0 * 0xD2511F53u, product1 = (uint64_t)c2 * 0xCD9E8D57u;
    c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
    c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
    c1 = (uint32_t)product1;
    c3 = (uint32_t)product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return (apus_philox_block){{c0, c1, c2, c3}};
}

// A word is kept where it is at least this: rate 2^32, rounded up. The rate is below 1.
static inline uint32_t apus_dropout_threshold(float rate) { return (uint32_t)ceil((double)rate * 4294967296.0); }

#endif
