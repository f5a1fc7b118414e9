// Dropout whose mask is a function of (seed, step, site, token, feature): the backward pass calls it again on
// gradients.
#include "philox.h"

#include "../families.h"

static void dropout(const float *x, float *y, bool accumulate, float rate, uint64_t seed, uint32_t step, uint32_t site,
                    uint32_t first_token, size_t rows, size_t columns) {
  uint32_t threshold = apus_dropout_threshold(rate);
  float scale = 1 / (1 - rate);
  for (size_t t = 0; t < rows; t++)
    for (size_t j = 0; j < columns; j++) {
      apus_philox_block random = apus_philox(seed, (uint32_t)(j / 4), first_token + (uint32_t)t, site, step);
      float v = random.word[j % 4] >= threshold ? scale * x[t * columns + j] : 0;
      y[t * columns + j] = accumulate ? y[t * columns + j] + v : v;
    }
}

void apus_fill_dropout_scalar(apus_kernels *k) { k->dropout = dropout; }
