// Whole rows: multiplied to one number, gathered from and scattered to a table (embeddings), and summed over tokens
// (gradients of biases).
#include "rows_inline.h"

static float dot(const float *x, const float *y, size_t n) { return row_sum(row_product, (row){.x = x, .y = y}, n); }

static void gather(const float *table, const int32_t *ids, float scale, float *y, bool accumulate, size_t rows,
                   size_t columns) {
  for (size_t t = 0; t < rows; t++, y += columns) {
    const float *source = table + (size_t)ids[t] * columns;
    for (size_t j = 0; j < columns; j += W) {
      size_t n = columns - j;
      vf v = row_load(source + j, n) * scale;
      row_store(y + j, accumulate ? row_load(y + j, n) + v : v, n);
    }
  }
}

static void scatter_add(const float *dy, const int32_t *ids, float scale, float *dtable, size_t rows, size_t columns,
                        size_t column_begin, size_t column_end) {
  for (size_t t = 0; t < rows; t++, dy += columns) {
    float *target = dtable + (size_t)ids[t] * columns;
    for (size_t j = column_begin; j < column_end; j += W) {
      size_t n = column_end - j;
      row_store(target + j, vfma(row_load(dy + j, n), vset(scale), row_load(target + j, n)), n);
    }
  }
}

INLINE void sum_rows(size_t count, const float *x, ptrdiff_t x_row, float *sum, size_t begin, size_t end) {
  for (size_t j = begin; j < end; j += W) {
    size_t n = end - j;
    vf total = row_load(sum + j, n);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < count; t++) total += row_load(x + (ptrdiff_t)t * x_row + j, n);
    row_store(sum + j, total, n);
  }
}

// Eight rows at a time, one after another for each column.
static void column_sums(const float *x, ptrdiff_t x_row, float *sum, size_t rows, size_t column_begin,
                        size_t column_end) {
  size_t t = 0;
  for (; t + 8 <= rows; t += 8, x += 8 * x_row) sum_rows(8, x, x_row, sum, column_begin, column_end);
  for (; t < rows; t++, x += x_row) sum_rows(1, x, x_row, sum, column_begin, column_end);
}

void FILL(rows)(apus_kernels *k) {
  k->dot = dot;
  k->gather = gather;
  k->scatter_add = scatter_add;
  k->column_sums = column_sums;
}
