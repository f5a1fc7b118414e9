// Rotary position embedding, in place: halves as vectors; interleaved pairs as a plain loop that the compiler
// vectorises.
#include "rows_inline.h"

INLINE void turn_halves(float *head, size_t half, const float *cosine, const float *sine, vf direction) {
  for (size_t i = 0; i < half; i += W) {
    size_t n = half - i;
    vf a = row_load(head + i, n), b = row_load(head + half + i, n);
    vf c = row_load(cosine + i, n), s = row_load(sine + i, n) * direction;
    row_store(head + i, vfma(a, c, -(b * s)), n);
    row_store(head + half + i, vfma(b, c, a * s), n);
  }
}

INLINE void turn_pairs(float *head, size_t half, const float *cosine, const float *sine, float direction) {
  for (size_t i = 0; i < half; i++) {
    float a = head[2 * i], b = head[2 * i + 1], c = cosine[i], s = sine[i] * direction;
    head[2 * i] = a * c - b * s;
    head[2 * i + 1] = b * c + a * s;
  }
}

static void rope(float *x, ptrdiff_t row, size_t heads, size_t head_dim, size_t rotary_dim, const float *cosine,
                 const float *sine, const int32_t *positions, bool interleaved, int direction, size_t rows) {
  size_t half = rotary_dim / 2;
  float sign = direction < 0 ? -1 : 1;
  for (size_t t = 0; t < rows; t++, x += row) {
    const float *c = cosine + (size_t)positions[t] * half, *s = sine + (size_t)positions[t] * half;
    for (size_t h = 0; h < heads; h++) {
      if (interleaved)
        turn_pairs(x + h * head_dim, half, c, s, sign);
      else
        turn_halves(x + h * head_dim, half, c, s, vset(sign));
    }
  }
}

void FILL(rope)(apus_kernels *k) { k->rope = rope; }
