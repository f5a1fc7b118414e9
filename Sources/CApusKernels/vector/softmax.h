// Softmax over rows and its derivative dx = y (dy - sum(y dy)).
#include "functions_inline.h"
#include "rows_inline.h"

INLINE vf row_value(row r, size_t j, size_t n) { return row_load(r.x + j, n); }

static void softmax(const float *x, float *y, size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, x += columns, y += columns) {
    float maximum = row_maximum(x, columns);
    for (size_t j = 0; j < columns; j += W)
      row_store(y + j, vexp(row_load(x + j, columns - j) - maximum), columns - j);
    float inverse = 1 / row_sum(row_value, (row){.x = y}, columns);
    for (size_t j = 0; j < columns; j += W) row_store(y + j, row_load(y + j, columns - j) * inverse, columns - j);
  }
}

static void softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, y += columns, dy += columns, dx += columns) {
    float sum = row_sum(row_product, (row){.x = y, .y = dy}, columns);
    for (size_t j = 0; j < columns; j += W) {
      size_t n = columns - j;
      row_store(dx + j, row_load(y + j, n) * (row_load(dy + j, n) - sum), n);
    }
  }
}

void FILL(softmax)(apus_kernels *k) {
  k->softmax = softmax;
  k->softmax_backward = softmax_backward;
}
