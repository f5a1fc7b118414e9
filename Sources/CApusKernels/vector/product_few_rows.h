// A few rows times the transpose of a weight, at the rate at which memory gives the weight: its squares of W by W are
// turned in registers and multiplied there, since a packed copy would be read once only. Each output is the same chain
// of multiply-adds as in a tile.
//
// More rows than two are brought together first: where rows of both factors are pages apart, all fall on one place of
// the first cache, which holds eight lines there (Zen 3 and 4).
#ifndef APUS_PRODUCT_FEW_ROWS_H
#define APUS_PRODUCT_FEW_ROWS_H

#define FEW_ROWS 8
#define APUS_FEW_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

// Element (r, k) at base[r * row + k * step].
typedef struct {
  const float *base;
  ptrdiff_t row, step;
} rows_of_a;

// Adds `steps` (at most W, a constant where it is W) steps of k to the sums of R rows by W columns.
INLINE void add_square(int R, rows_of_a a, const float *b, ptrdiff_t b_n, size_t columns, size_t steps,
                       vf sum[FEW_ROWS]) {
  vf square[W];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < W; i++) {
    const float *row = b + (ptrdiff_t)i * b_n;
    square[i] = i >= columns ? vset(0) : steps == W ? vload(row) : vload_n(row, steps);
  }
  vtranspose(square);
  for (size_t i = 0; i < steps; i++)
    for (int r = 0; r < R; r++) sum[r] = vfma(vset(a.base[r * a.row + (ptrdiff_t)i * a.step]), square[i], sum[r]);
}

// R rows by `columns` (at most W, a constant where it is W) columns from n on.
INLINE void few_rows_of(int R, const apus_product *p, rows_of_a a, ptrdiff_t b_n, size_t n, size_t columns) {
  const float *b = p->b + (ptrdiff_t)n * b_n;
  float *c = p->c + n;
  vf sum[FEW_ROWS];
  for (int r = 0; r < R; r++) sum[r] = p->accumulate ? vload_n(c + r * p->c_row, columns) : vset(0);
  size_t k = 0;
  for (; k + W <= p->k; k += W, a.base += W * a.step) add_square(R, a, b + k, b_n, columns, W, sum);
  if (k < p->k) add_square(R, a, b + k, b_n, columns, p->k - k, sum);
  for (int r = 0; r < R; r++) vstore_n(c + r * p->c_row, sum[r], columns);
}

INLINE void few_rows(int R, const apus_product *p, ptrdiff_t b_n, size_t n_begin, size_t n_end, float *scratch) {
  rows_of_a a = {p->a, p->a_row, 1};
  if (R > 2) {
    const size_t stride = R <= W ? (size_t)R : FEW_ROWS;
    pack_columns((size_t)R, stride, p->a, p->a_row, p->k, scratch, true);
    a = (rows_of_a){scratch, 1, (ptrdiff_t)stride};
  }
  size_t n = n_begin;
  for (; n + W <= n_end; n += W) few_rows_of(R, p, a, b_n, n, W);
  if (n < n_end) few_rows_of(R, p, a, b_n, n, n_end - n);
}

static void product_of_few_rows(const apus_product *p, ptrdiff_t b_n, size_t n_begin, size_t n_end, float *scratch) {
  switch (p->m) {
#define APUS_ROWS_CASE(R) \
  case R: few_rows(R, p, b_n, n_begin, n_end, scratch); break;
    APUS_FEW_ROWS(APUS_ROWS_CASE)
#undef APUS_ROWS_CASE
  }
  if (has_epilogue(p)) epilogue(p, 0, p->m, n_begin, n_end - n_begin);
}

#endif
