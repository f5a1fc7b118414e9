// LayerNorm (Ba, Kiros, Hinton 2016) and RMSNorm (Zhang, Sennrich 2019), forward and backward, as plain loops with sums
// in double. With x̂ = (x - mean) rstd and g = dy (gain + offset): dx = rstd (g - mean(g) - x̂ mean(g x̂)); RMS lacks
// mean(g).
#include <math.h>

#include "../families.h"

static float weight(const float *gain, float gain_offset, size_t j) { return gain ? gain[j] + gain_offset : 1; }

static void norm(apus_norm_kind kind, const float *x, const float *gain, float gain_offset, const float *bias,
                 float epsilon, float *y, float *mean, float *rstd, size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, x += columns, y += columns) {
    double center = 0, variance = 0;
    if (kind == APUS_NORM_LAYER) {
      for (size_t j = 0; j < columns; j++) center += x[j];
      center /= (double)columns;
      if (mean) mean[t] = (float)center;
    }
    for (size_t j = 0; j < columns; j++) variance += (x[j] - center) * (x[j] - center);
    double inverse = 1 / sqrt(variance / (double)columns + epsilon);
    if (rstd) rstd[t] = (float)inverse;
    for (size_t j = 0; j < columns; j++)
      y[j] = (float)((x[j] - center) * inverse) * weight(gain, gain_offset, j) + (bias ? bias[j] : 0);
  }
}

static void norm_backward_input(apus_norm_kind kind, const float *x, const float *gain, float gain_offset,
                                const float *mean, const float *rstd, const float *dy, float *dx, bool accumulate,
                                size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, x += columns, dy += columns, dx += columns) {
    double center = kind == APUS_NORM_LAYER ? mean[t] : 0, inverse = rstd[t], sum = 0, product = 0;
    for (size_t j = 0; j < columns; j++) {
      double g = (double)dy[j] * weight(gain, gain_offset, j);
      sum += g;
      product += g * (x[j] - center) * inverse;
    }
    if (kind == APUS_NORM_RMS) sum = 0;
    for (size_t j = 0; j < columns; j++) {
      double g = (double)dy[j] * weight(gain, gain_offset, j), normal = (x[j] - center) * inverse;
      float d = (float)(inverse * (g - sum / (double)columns - normal * product / (double)columns));
      dx[j] = accumulate ? dx[j] + d : d;
    }
  }
}

static void norm_backward_gain(apus_norm_kind kind, const float *x, const float *mean, const float *rstd,
                               const float *dy, float *dgain, float *dbias, size_t rows, size_t columns,
                               size_t column_begin, size_t column_end) {
  for (size_t t = 0; t < rows; t++, x += columns, dy += columns) {
    float center = kind == APUS_NORM_LAYER ? mean[t] : 0;
    for (size_t j = column_begin; j < column_end; j++) {
      dgain[j] += dy[j] * ((x[j] - center) * rstd[t]);
      if (dbias) dbias[j] += dy[j];
    }
  }
}

void apus_fill_norm_scalar(apus_kernels *k) {
  k->norm = norm;
  k->norm_backward_input = norm_backward_input;
  k->norm_backward_gain = norm_backward_gain;
}
