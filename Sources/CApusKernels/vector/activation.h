// Activations, plain and gated, and their gradients: one loop for each, in which the compiler sees the function.
#include "activations_inline.h"

INLINE void activation_row(apus_activation f, const float *x, float *y, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) vstore(y + i, vactivation(f, vload(x + i)));
  if (i < n) vstore_n(y + i, vactivation(f, vload_n(x + i, n - i)), n - i);
}

static void activation(apus_activation f, const float *x, float *y, size_t n) {
#define LOOP(f) activation_row(f, x, y, n)
  APUS_FOR_ACTIVATION(f, LOOP)
#undef LOOP
}

INLINE void activation_backward_row(apus_activation f, const float *x, const float *dy, float *dx, bool accumulate,
                                    size_t n) {
  for (size_t i = 0; i < n; i += W) {
    size_t count = n - i < W ? n - i : W;
    bool whole = count == W;
    vf g = (whole ? vload(dy + i) : vload_n(dy + i, count)) *
           vderivative(f, whole ? vload(x + i) : vload_n(x + i, count));
    if (accumulate) g += whole ? vload(dx + i) : vload_n(dx + i, count);
    if (whole) vstore(dx + i, g);
    else vstore_n(dx + i, g, count);
  }
}

static void activation_backward(apus_activation f, const float *x, const float *dy, float *dx, bool accumulate,
                                size_t n) {
#define LOOP(f) activation_backward_row(f, x, dy, dx, accumulate, n)
  APUS_FOR_ACTIVATION(f, LOOP)
#undef LOOP
}

INLINE void gated_row(apus_activation f, const float *gate, const float *up, float *y, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) vstore(y + i, vactivation(f, vload(gate + i)) * vload(up + i));
  if (i < n) vstore_n(y + i, vactivation(f, vload_n(gate + i, n - i)) * vload_n(up + i, n - i), n - i);
}

static void gated(apus_activation f, const float *gate, const float *up, ptrdiff_t in_row, float *y, ptrdiff_t out_row,
                  size_t rows, size_t columns) {
  for (ptrdiff_t r = 0; r < (ptrdiff_t)rows; r++) {
#define LOOP(f) gated_row(f, gate + r * in_row, up + r * in_row, y + r * out_row, columns)
    APUS_FOR_ACTIVATION(f, LOOP)
#undef LOOP
  }
}

INLINE void gated_backward_row(apus_activation f, const float *gate, const float *up, const float *dy, float *dgate,
                               float *dup, size_t n) {
  for (size_t i = 0; i < n; i += W) {
    size_t count = n - i < W ? n - i : W;
    bool whole = count == W;
    vf g = whole ? vload(gate + i) : vload_n(gate + i, count);
    vf u = whole ? vload(up + i) : vload_n(up + i, count);
    vf d = whole ? vload(dy + i) : vload_n(dy + i, count);
    vf value, slope;
    vactivation_and_derivative(f, g, &value, &slope);
    if (whole) {
      vstore(dgate + i, d * u * slope);
      vstore(dup + i, d * value);
    } else {
      vstore_n(dgate + i, d * u * slope, count);
      vstore_n(dup + i, d * value, count);
    }
  }
}

static void gated_backward(apus_activation f, const float *gate, const float *up, ptrdiff_t in_row, const float *dy,
                           ptrdiff_t out_row, float *dgate, float *dup, size_t rows, size_t columns) {
  for (ptrdiff_t r = 0; r < (ptrdiff_t)rows; r++) {
    ptrdiff_t in = r * in_row;
#define LOOP(f) gated_backward_row(f, gate + in, up + in, dy + r * out_row, dgate + in, dup + in, columns)
    APUS_FOR_ACTIVATION(f, LOOP)
#undef LOOP
  }
}

void FILL(activation)(apus_kernels *k) {
  k->activation = activation;
  k->activation_backward = activation_backward;
  k->gated = gated;
  k->gated_backward = gated_backward;
}
