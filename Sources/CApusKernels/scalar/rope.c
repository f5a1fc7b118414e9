// Rotary position embedding (Su et al. 2021): pairs of features turn by position-dependent angles whose cosines and
// sines the caller has tabulated. The inverse, which is also the derivative, turns by the negative angle.
#include "../families.h"

static void rope(float *x, ptrdiff_t row, size_t heads, size_t head_dim, size_t rotary_dim, const float *cosine,
                 const float *sine, const int32_t *positions, bool interleaved, int direction, size_t rows) {
  size_t half = rotary_dim / 2;
  for (size_t t = 0; t < rows; t++) {
    const float *c = cosine + (size_t)positions[t] * half, *s = sine + (size_t)positions[t] * half;
    for (size_t h = 0; h < heads; h++) {
      float *head = x + (ptrdiff_t)t * row + h * head_dim;
      for (size_t i = 0; i < half; i++) {
        float *a = interleaved ? head + 2 * i : head + i, *b = interleaved ? a + 1 : a + half;
        float turn = direction < 0 ? -s[i] : s[i], first = *a, second = *b;
        *a = first * c[i] - second * turn;
        *b = second * c[i] + first * turn;
      }
    }
  }
}

void apus_fill_rope_scalar(apus_kernels *k) { k->rope = rope; }
