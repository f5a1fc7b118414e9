// Whole rows: multiplied to one number, gathered from and scattered to a table (embeddings), and summed over tokens
// (gradients of biases).
#include "../families.h"

static float dot(const float *x, const float *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * y[i];
  return (float)sum;
}

static void gather(const float *table, const int32_t *ids, float scale, float *y, bool accumulate, size_t rows,
                   size_t columns) {
  for (size_t t = 0; t < rows; t++)
    for (size_t j = 0; j < columns; j++) {
      float v = scale * table[(size_t)ids[t] * columns + j];
      y[t * columns + j] = accumulate ? y[t * columns + j] + v : v;
    }
}

static void scatter_add(const float *dy, const int32_t *ids, float scale, float *dtable, size_t rows, size_t columns,
                        size_t column_begin, size_t column_end) {
  for (size_t t = 0; t < rows; t++)
    for (size_t j = column_begin; j < column_end; j++)
      dtable[(size_t)ids[t] * columns + j] += scale * dy[t * columns + j];
}

static void column_sums(const float *x, ptrdiff_t x_row, float *sum, size_t rows, size_t column_begin,
                        size_t column_end) {
  for (size_t t = 0; t < rows; t++, x += x_row)
    for (size_t j = column_begin; j < column_end; j++) sum[j] += x[j];
}

void apus_fill_rows_scalar(apus_kernels *k) {
  k->dot = dot;
  k->gather = gather;
  k->scatter_add = scatter_add;
  k->column_sums = column_sums;
}
