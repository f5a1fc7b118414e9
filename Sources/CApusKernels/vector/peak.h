// As many independent chains of multiply-adds as hide the latency of the instruction, on registers alone.
#include "lanes.h"

double APUS_PASTE3(apus_peak_, ISA, )(uint64_t rounds) {
  enum { CHAINS = 12 };
  volatile float multiplier = 0.999f;
  vf factor = vset(multiplier), x[CHAINS];
  for (int i = 0; i < CHAINS; i++) x[i] = factor + (float)i;
  for (uint64_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) x[i] = vfma(factor, factor, x[i]);
  }
  vf sum = x[0];
  for (int i = 1; i < CHAINS; i++) sum += x[i];
  multiplier = vsum(sum);
  return 2.0 * W * CHAINS * (double)rounds;
}
