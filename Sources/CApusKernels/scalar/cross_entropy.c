// Cross-entropy over vocabulary chunks: a running maximum and sum of exponentials per row, then the logits' gradient in
// their place. Plain loops.
#include <math.h>

#include "../families.h"

static void cross_entropy_update(const float *logits, ptrdiff_t logits_row, size_t rows, size_t columns, size_t first,
                                 const int32_t *targets, float *maximum, float *sum, float *target_logit) {
  for (size_t t = 0; t < rows; t++, logits += logits_row) {
    float top = maximum[t];
    for (size_t j = 0; j < columns; j++) top = fmaxf(top, logits[j]);
    if (top == -INFINITY) continue;  // nothing but -inf so far: it adds nothing
    double total = sum[t] > 0 ? sum[t] * exp((double)maximum[t] - top) : 0;
    for (size_t j = 0; j < columns; j++) total += expf(logits[j] - top);
    maximum[t] = top;
    sum[t] = (float)total;
    if (targets[t] >= 0 && (size_t)targets[t] >= first && (size_t)targets[t] - first < columns)
      target_logit[t] = logits[(size_t)targets[t] - first];
  }
}

static void cross_entropy_backward(float *logits, ptrdiff_t logits_row, size_t rows, size_t columns, size_t first,
                                   const int32_t *targets, const float *maximum, const float *sum, float scale) {
  for (size_t t = 0; t < rows; t++, logits += logits_row) {
    for (size_t j = 0; j < columns; j++)
      logits[j] = targets[t] < 0 ? 0 : scale * (expf(logits[j] - maximum[t]) / sum[t]);
    if (targets[t] >= 0 && (size_t)targets[t] >= first && (size_t)targets[t] - first < columns)
      logits[(size_t)targets[t] - first] -= scale;
  }
}

void apus_fill_cross_entropy_scalar(apus_kernels *k) {
  k->cross_entropy_update = cross_entropy_update;
  k->cross_entropy_backward = cross_entropy_backward;
}
