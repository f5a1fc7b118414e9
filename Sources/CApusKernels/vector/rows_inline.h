// Walking one row: loads and stores that stop at its end, and sums whose order depends on its length alone.
#ifndef APUS_ROWS_INLINE_H
#define APUS_ROWS_INLINE_H

#include "lanes.h"

// n values are left: a whole vector, or the first n lanes.
INLINE vf row_load(const float *p, size_t n) { return n >= W ? vload(p) : vload_n(p, n); }
INLINE void row_store(float *p, vf v, size_t n) {
  if (n >= W)
    vstore(p, v);
  else
    vstore_n(p, v, n);
}

// What the terms of a row's sums read.
typedef struct {
  const float *x, *y, *gain;
  float gain_offset, center, inverse;
} row;

// The term of columns j ..< j + W, of which n are left.
typedef vf row_term(row r, size_t j, size_t n);
INLINE vf row_product(row r, size_t j, size_t n) { return row_load(r.x + j, n) * row_load(r.y + j, n); }

INLINE float row_sum(row_term *term, row r, size_t columns) {
  vf s0 = vset(0), s1 = s0, s2 = s0, s3 = s0;
  size_t j = 0;
  for (; j + 4 * W <= columns; j += 4 * W) {
    s0 += term(r, j, W);
    s1 += term(r, j + W, W);
    s2 += term(r, j + 2 * W, W);
    s3 += term(r, j + 3 * W, W);
  }
  for (; j + W <= columns; j += W) s0 += term(r, j, W);
  if (j < columns) s1 += vselect(vfirst(columns - j), term(r, j, columns - j), vset(0));
  return vsum((s0 + s1) + (s2 + s3));
}

// The largest value of a row; -infinity for an empty one.
INLINE float row_maximum(const float *x, size_t columns) {
  vf m0 = vset(-__builtin_inff()), m1 = m0;
  size_t j = 0;
  for (; j + 2 * W <= columns; j += 2 * W) {
    m0 = vmax(m0, vload(x + j));
    m1 = vmax(m1, vload(x + j + W));
  }
  for (; j + W <= columns; j += W) m0 = vmax(m0, vload(x + j));
  if (j < columns) m1 = vmax(m1, vselect(vfirst(columns - j), vload_n(x + j, columns - j), m1));
  return vhmax(vmax(m0, m1));
}

#endif
