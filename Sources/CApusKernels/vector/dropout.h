// Dropout whose mask is a function of (seed, step, site, token, feature): the backward pass calls it again on
// gradients.
#include "philox_inline.h"
#include "rows_inline.h"

INLINE void drop(random_stream s, vu words, const float *x, float *y, bool accumulate, size_t n) {
  vf v = random_drop(s, words, row_load(x, n));
  row_store(y, accumulate ? row_load(y, n) + v : v, n);
}

static void dropout(const float *x, float *y, bool accumulate, float rate, uint64_t seed, uint32_t step, uint32_t site,
                    uint32_t first_token, size_t rows, size_t columns) {
  random_stream s = random_stream_make(rate, seed, site, step);
  for (size_t t = 0; t < rows; t++, x += columns, y += columns) {
    s.stream = first_token + (uint32_t)t;
    for (size_t j = 0; j < columns; j += 2 * W) {
      random_words words = random_words_at(s, (uint32_t)(j / 4));
      drop(s, words.low, x + j, y + j, accumulate, columns - j);
      if (j + W < columns) drop(s, words.high, x + j + W, y + j + W, accumulate, columns - j - W);
    }
  }
}

void FILL(dropout)(apus_kernels *k) { k->dropout = dropout; }
