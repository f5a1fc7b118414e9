// Cross-entropy over vocabulary chunks: running maximum and sum of exponentials, then the gradient in the logits'
// place.
#include "functions_inline.h"
#include "rows_inline.h"

INLINE bool in_chunk(int32_t target, size_t first, size_t columns) {
  return target >= 0 && (size_t)target >= first && (size_t)target - first < columns;
}

INLINE vf exponential(row r, size_t j, size_t n) { return vexp(row_load(r.x + j, n) - r.center); }

static void cross_entropy_update(const float *logits, ptrdiff_t logits_row, size_t rows, size_t columns, size_t first,
                                 const int32_t *targets, float *maximum, float *sum, float *target_logit) {
  for (size_t t = 0; t < rows; t++, logits += logits_row) {
    float top = row_maximum(logits, columns);
    if (!(top > maximum[t])) top = maximum[t];
    if (top == -__builtin_inff()) continue;  // nothing but -inf so far: it adds nothing
    float before = sum[t] > 0 ? sum[t] * vexp(vset(maximum[t] - top))[0] : 0;
    sum[t] = before + row_sum(exponential, (row){.x = logits, .center = top}, columns);
    maximum[t] = top;
    if (in_chunk(targets[t], first, columns)) target_logit[t] = logits[(size_t)targets[t] - first];
  }
}

static void cross_entropy_backward(float *logits, ptrdiff_t logits_row, size_t rows, size_t columns, size_t first,
                                   const int32_t *targets, const float *maximum, const float *sum, float scale) {
  for (size_t t = 0; t < rows; t++, logits += logits_row) {
    if (targets[t] < 0) {
      __builtin_memset(logits, 0, columns * sizeof(float));
      continue;
    }
    float factor = scale / sum[t], top = maximum[t];
    for (size_t j = 0; j < columns; j += W) {
      size_t n = columns - j;
      row_store(logits + j, vexp(row_load(logits + j, n) - top) * factor, n);
    }
    if (in_chunk(targets[t], first, columns)) logits[(size_t)targets[t] - first] -= scale;
  }
}

void FILL(cross_entropy)(apus_kernels *k) {
  k->cross_entropy_update = cross_entropy_update;
  k->cross_entropy_backward = cross_entropy_backward;
}
