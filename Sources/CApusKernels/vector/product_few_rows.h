// A few rows times the transpose of a weight, at the rate at which memory gives the weight: its squares of W by W are
// turned in registers and multiplied there, since a packed copy would be read once only. Each output is the same chain
// of multiply-adds as in a tile.
#ifndef APUS_PRODUCT_FEW_ROWS_H
#define APUS_PRODUCT_FEW_ROWS_H

#define FEW_ROWS 8
#define APUS_FEW_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

// Adds `steps` (at most W, a constant where it is W) steps of k to the sums of R rows by W columns.
INLINE void add_square(int R, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_n, size_t columns,
                       size_t steps, vf sum[FEW_ROWS]) {
  vf square[W];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < W; i++) {
    const float *row = b + (ptrdiff_t)i * b_n;
    square[i] = i >= columns ? vset(0) : steps == W ? vload(row) : vload_n(row, steps);
  }
  vtranspose(square);
  for (size_t i = 0; i < steps; i++)
    for (int r = 0; r < R; r++) sum[r] = vfma(vset(a[r * a_row + (ptrdiff_t)i]), square[i], sum[r]);
}

// R rows by `columns` (at most W, a constant where it is W) columns from n on.
INLINE void few_rows_of(int R, const apus_product *p, ptrdiff_t b_n, size_t n, size_t columns) {
  const float *b = p->b + (ptrdiff_t)n * b_n;
  float *c = p->c + n;
  vf sum[FEW_ROWS];
  for (int r = 0; r < R; r++) sum[r] = p->accumulate ? vload_n(c + r * p->c_row, columns) : vset(0);
  size_t k = 0;
  for (; k + W <= p->k; k += W) add_square(R, p->a + k, p->a_row, b + k, b_n, columns, W, sum);
  if (k < p->k) add_square(R, p->a + k, p->a_row, b + k, b_n, columns, p->k - k, sum);
  for (int r = 0; r < R; r++) vstore_n(c + r * p->c_row, sum[r], columns);
}

INLINE void few_rows(int R, const apus_product *p, ptrdiff_t b_n, size_t n_begin, size_t n_end) {
  size_t n = n_begin;
  for (; n + W <= n_end; n += W) few_rows_of(R, p, b_n, n, W);
  if (n < n_end) few_rows_of(R, p, b_n, n, n_end - n);
}

static void product_of_few_rows(const apus_product *p, ptrdiff_t b_n, size_t n_begin, size_t n_end) {
  switch (p->m) {
#define APUS_ROWS_CASE(R) \
  case R: few_rows(R, p, b_n, n_begin, n_end); break;
    APUS_FEW_ROWS(APUS_ROWS_CASE)
#undef APUS_ROWS_CASE
  }
  if (has_epilogue(p)) epilogue(p, 0, p->m, n_begin, n_end - n_begin);
}

#endif
