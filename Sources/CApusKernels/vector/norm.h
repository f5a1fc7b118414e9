// LayerNorm and RMSNorm, forward and backward: see scalar/norm.c for the formulas. Sums over a row run in four strands
// whose order depends on the row's length alone; the variance is summed about the mean in a second pass over the row.
#include "rows_inline.h"

INLINE vf centered_square(row r, size_t j, size_t n) {
  vf d = row_load(r.x + j, n) - r.center;
  return d * d;
}
INLINE vf row_value(row r, size_t j, size_t n) { return row_load(r.x + j, n); }
// dy (gain + offset)
INLINE vf scaled_gradient(row r, size_t j, size_t n) {
  vf dy = row_load(r.y + j, n);
  return r.gain ? dy * (row_load(r.gain + j, n) + r.gain_offset) : dy;
}
// that times the normalised x
INLINE vf projected_gradient(row r, size_t j, size_t n) {
  return scaled_gradient(r, j, n) * ((row_load(r.x + j, n) - r.center) * r.inverse);
}

static void norm(apus_norm_kind kind, const float *x, const float *gain, float gain_offset, const float *bias,
                 float epsilon, float *y, float *mean, float *rstd, size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, x += columns, y += columns) {
    row r = {.x = x, .gain = gain, .gain_offset = gain_offset};
    if (kind == APUS_NORM_LAYER) {
      r.center = row_sum(row_value, r, columns) / (float)columns;
      if (mean) mean[t] = r.center;
    }
    r.inverse = 1 / __builtin_sqrtf(row_sum(centered_square, r, columns) / (float)columns + epsilon);
    if (rstd) rstd[t] = r.inverse;
    for (size_t j = 0; j < columns; j += W) {
      size_t n = columns - j;
      vf v = (row_load(x + j, n) - r.center) * r.inverse;
      if (gain) v *= row_load(gain + j, n) + gain_offset;
      if (bias) v += row_load(bias + j, n);
      row_store(y + j, v, n);
    }
  }
}

static void norm_backward_input(apus_norm_kind kind, const float *x, const float *gain, float gain_offset,
                                const float *mean, const float *rstd, const float *dy, float *dx, bool accumulate,
                                size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, x += columns, dy += columns, dx += columns) {
    row r = {.x = x, .y = dy, .gain = gain, .gain_offset = gain_offset, .inverse = rstd[t]};
    if (kind == APUS_NORM_LAYER) r.center = mean[t];
    float sum = kind == APUS_NORM_LAYER ? row_sum(scaled_gradient, r, columns) / (float)columns : 0;
    float product = row_sum(projected_gradient, r, columns) / (float)columns;
    for (size_t j = 0; j < columns; j += W) {
      size_t n = columns - j;
      vf normal = (row_load(x + j, n) - r.center) * r.inverse;
      vf d = (scaled_gradient(r, j, n) - sum - normal * product) * r.inverse;
      if (accumulate) d += row_load(dx + j, n);
      row_store(dx + j, d, n);
    }
  }
}

// `count` rows, added one after another to the same columns while these are in registers.
INLINE void gain_rows(size_t count, const float *x, const float *center, const float *rstd, const float *dy,
                      float *dgain, float *dbias, size_t columns, size_t j, size_t n) {
  vf gain_sum = row_load(dgain + j, n), bias_sum = dbias ? row_load(dbias + j, n) : vset(0);
#pragma clang loop unroll(full)
  for (size_t t = 0; t < count; t++) {
    vf d = row_load(dy + t * columns + j, n);
    gain_sum = vfma(d, (row_load(x + t * columns + j, n) - (center ? center[t] : 0)) * rstd[t], gain_sum);
    bias_sum += d;
  }
  row_store(dgain + j, gain_sum, n);
  if (dbias) row_store(dbias + j, bias_sum, n);
}

static void norm_backward_gain(apus_norm_kind kind, const float *x, const float *mean, const float *rstd,
                               const float *dy, float *dgain, float *dbias, size_t rows, size_t columns,
                               size_t column_begin, size_t column_end) {
  for (size_t t = 0; t < rows;) {
    size_t count = rows - t >= 4 ? 4 : 1;
    const float *center = kind == APUS_NORM_LAYER ? mean + t : 0;
    for (size_t j = column_begin; j < column_end; j += W) {
      size_t n = column_end - j;
      const float *xt = x + t * columns, *dyt = dy + t * columns;
      if (count == 4)
        gain_rows(4, xt, center, rstd + t, dyt, dgain, dbias, columns, j, n);
      else
        gain_rows(1, xt, center, rstd + t, dyt, dgain, dbias, columns, j, n);
    }
    t += count;
  }
}

void FILL(norm)(apus_kernels *k) {
  k->norm = norm;
  k->norm_backward_input = norm_backward_input;
  k->norm_backward_gain = norm_backward_gain;
}
