// Philox 4x32-10 (see scalar/philox.h) on W / 2 counters at once: 32-bit words in 64-bit lanes, whose upper halves are
// garbage between the rounds, since the widening multiply reads the lower halves only.
#ifndef APUS_PHILOX_INLINE_H
#define APUS_PHILOX_INLINE_H

#include "lanes.h"

typedef uint64_t vl __attribute__((vector_size(W * 4)));

typedef struct {
  vu low, high;
} random_words;

typedef struct {
  uint64_t seed;
  uint32_t stream, site, step;
  vu threshold;  // kept where a word is at least this
  float scale;   // what the kept are multiplied with
} random_stream;

INLINE random_stream random_stream_make(float rate, uint64_t seed, uint32_t site, uint32_t step) {
  uint32_t threshold = (uint32_t)__builtin_ceil((double)rate * 4294967296.0);
  return (random_stream){
      .seed = seed, .site = site, .step = step, .threshold = (vu){0} + threshold, .scale = 1 / (1 - rate)};
}

INLINE vl widening_multiply(vl x, uint32_t by) { return (x & 0xffffffffu) * (uint64_t)by; }

// The words of elements 4 `first` ..< 4 `first` + 2 W, in order.
INLINE random_words random_words_at(random_stream s, uint32_t first) {
  vl c0 = (vl){0} + first, c1 = (vl){0} + s.stream, c2 = (vl){0} + s.site, c3 = (vl){0} + s.step;
  for (size_t i = 0; i < W / 2; i++) c0[i] += i;
  vl key0 = (vl){0} + (uint32_t)s.seed, key1 = (vl){0} + (s.seed >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    vl product0 = widening_multiply(c0, 0xD2511F53u), product1 = widening_multiply(c2, 0xCD9E8D57u);
    c0 = (product1 >> 32) ^ c1 ^ key0;
    c2 = (product0 >> 32) ^ c3 ^ key1;
    c1 = product1;
    c3 = product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  vl a = (c0 & 0xffffffffu) | (c1 << 32), b = (c2 & 0xffffffffu) | (c3 << 32);
#if W == 4
  return (random_words){(vu)__builtin_shufflevector(a, b, 0, 2), (vu)__builtin_shufflevector(a, b, 1, 3)};
#elif W == 8
  return (random_words){(vu)__builtin_shufflevector(a, b, 0, 4, 1, 5), (vu)__builtin_shufflevector(a, b, 2, 6, 3, 7)};
#elif W == 16
  return (random_words){(vu)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11),
                        (vu)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)};
#endif
}

INLINE vf random_drop(random_stream s, vu words, vf x) {
  return vselect((vi)(words >= s.threshold), x * s.scale, vset(0));
}

#endif
