// Sums and scalings of arrays.
#include "lanes.h"

static void add(const float *a, const float *b, float *y, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) vstore(y + i, vload(a + i) + vload(b + i));
  if (i < n) vstore_n(y + i, vload_n(a + i, n - i) + vload_n(b + i, n - i), n - i);
}

static void scale(const float *x, float s, float *y, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) vstore(y + i, vload(x + i) * s);
  if (i < n) vstore_n(y + i, vload_n(x + i, n - i) * s, n - i);
}

static void multiply_add(const float *x, float s, float *y, size_t n) {
  vf factor = vset(s);
  size_t i = 0;
  for (; i + W <= n; i += W) vstore(y + i, vfma(vload(x + i), factor, vload(y + i)));
  if (i < n) vstore_n(y + i, vfma(vload_n(x + i, n - i), factor, vload_n(y + i, n - i)), n - i);
}

// Four vectors of partial sums in turn, added in order at the end.
static double sum_of_squares(const float *x, size_t n) {
  vd sums[4] = {{0}, {0}, {0}, {0}};
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    for (int j = 0; j < 4; j++) {
      vd value = vtod(vload(x + i + (size_t)j * W));
      sums[j] += value * value;
    }
  }
  for (int j = 0; i < n; j++, i += W) {
    vd value = vtod(vload_n(x + i, n - i < W ? n - i : W));
    sums[j] += value * value;
  }
  return vsumd((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

void FILL(elementwise)(apus_kernels *k) {
  k->add = add;
  k->scale = scale;
  k->multiply_add = multiply_add;
  k->sum_of_squares = sum_of_squares;
}
