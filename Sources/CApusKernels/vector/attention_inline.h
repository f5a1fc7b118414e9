// What attention's forward and backward passes share: which keys a block of queries sees in a tile, the packing of
// tiles, and small products in registers, in which every output is one chain of multiply-adds in the order of the
// summed index, whatever the block. So the bits of a query do not depend on the queries that it is computed with.
//
// Legend: R rows (queries, or keys) of a block, C vectors of columns, tile = APUS_KEY_TILE keys.
#ifndef APUS_ATTENTION_INLINE_H
#define APUS_ATTENTION_INLINE_H

#include "functions_inline.h"
#include "philox_inline.h"
#include "rows_inline.h"

#define TILE APUS_KEY_TILE
#define MAX_R 6  // with C = 2: 12 independent chains, which hide the latency of the multiply-add
#define UNROLL _Pragma("clang loop unroll(full)")

// 2^x for x <= 127, 0 below -125 (so without denormals), to 1 ulp; a minimax fit of (2^r - 1) / r for |r| <= 1/2.
// Scores are kept in units of log 2, since this spares the reduction two operations.
#define LN_2 0.693147181f
INLINE vf vexp2(vf x) {
  const float rounder = APUS_ROUNDER + 127;  // and the exponent's bias
  vf shifted = x + rounder;
  vf r = x - (shifted - rounder);
  vf p = vfma(vset(0x1.41fbbcp-13f), r, vset(0x1.5f3e54p-10f));
  p = vfma(p, r, vset(0x1.3b2d4cp-7f));
  p = vfma(p, r, vset(0x1.c6aee8p-5f));
  p = vfma(p, r, vset(0x1.ebfbdcp-3f));
  p = vfma(p, r, vset(0x1.62e43p-1f));
  p = vfma(p, r, vset(1));
  vf e = p * (vf)((vi)shifted << 23);
  return (vf)((vi)e & ~(x < -125.0f));
}

// ---- Visibility ----

// Row r of a block of consecutive queries sees the keys max(0, low + r) ..< min(count, high + r) of a tile.
typedef struct {
  ptrdiff_t low, high, count;
} visible_keys;

INLINE visible_keys visible_in_tile(const apus_attention *a, size_t query, size_t tile_first) {
  const ptrdiff_t far = PTRDIFF_MAX / 4;
  ptrdiff_t position = (ptrdiff_t)(a->query_position + query) - (ptrdiff_t)tile_first;
  ptrdiff_t window = a->window && a->window < (size_t)far ? (ptrdiff_t)a->window : far;
  ptrdiff_t left = (ptrdiff_t)(a->key_count - tile_first);
  return (visible_keys){.low = position - window + 1,
                        .high = a->causal ? position + 1 : position + window,
                        .count = left < TILE ? left : TILE};
}
INLINE ptrdiff_t first_visible(visible_keys v, ptrdiff_t r) { return v.low + r > 0 ? v.low + r : 0; }
INLINE ptrdiff_t end_visible(visible_keys v, ptrdiff_t r) { return v.high + r < v.count ? v.high + r : v.count; }

// The queries that see any key of a tile: *begin ..< the result.
INLINE size_t queries_of_tile(const apus_attention *a, size_t tile_first, size_t *begin) {
  visible_keys v = visible_in_tile(a, 0, tile_first);
  ptrdiff_t first = v.high >= 1 ? 0 : 1 - v.high, end = v.count - v.low;
  *begin = (size_t)first;
  return end < first ? (size_t)first : (size_t)end < a->query_count ? (size_t)end : a->query_count;
}

// The lanes of keys j ..< j + W that row r sees.
INLINE vi visible_lanes(visible_keys v, ptrdiff_t r, ptrdiff_t j) {
  ptrdiff_t begin = first_visible(v, r) - j, end = end_visible(v, r) - j;
  return vfirst((size_t)(end < 0 ? 0 : end < W ? end : W)) & ~vfirst((size_t)(begin < 0 ? 0 : begin < W ? begin : W));
}

// ---- Packing ----

// Asks for rows that are about to be read: their strides are too long for the processor to guess.
INLINE void prefetch_rows(const float *x, ptrdiff_t row, size_t count, size_t width) {
  for (size_t i = 0; i < count; i++, x += row)
    for (size_t f = 0; f < width; f += 16) __builtin_prefetch(x + f, 0, 2);
}

// Rows [count][width] to [width][TILE]; zero beyond `count`. Squares of W by W are transposed in registers.
static void transpose_tile(const float *x, ptrdiff_t x_row, size_t count, size_t width, float *y) {
  for (size_t i = 0; i < TILE; i += W) {
    for (size_t f = 0; f < width; f += W) {
      const float *corner = x + (ptrdiff_t)i * x_row + (ptrdiff_t)f;
      size_t columns = width - f < W ? width - f : W;
      vf square[W];
      if (i + W <= count && columns == W) {
        UNROLL for (int r = 0; r < W; r++) square[r] = vload(corner + r * x_row);
      } else {
        for (size_t r = 0; r < W; r++)
          square[r] = i + r < count ? vload_n(corner + (ptrdiff_t)r * x_row, columns) : vset(0);
      }
      vtranspose(square);
      for (size_t c = 0; c < columns; c++) vstore(y + (f + c) * TILE + i, square[c]);
    }
  }
}

// Rows [count][width] with their stride to [count][width] without.
static void copy_tile(const float *x, ptrdiff_t x_row, size_t count, size_t width, float *y) {
  for (size_t i = 0; i < count; i++, x += x_row, y += width)
    for (size_t f = 0; f < width; f += W) row_store(y + f, row_load(x + f, width - f), width - f);
}

INLINE float *aligned(float *p) { return (float *)(((uintptr_t)p + 63) & ~(uintptr_t)63); }

// ---- Products in registers ----

// acc[r][c] += a[r * a_row + k * a_k] b[k * b_row + c W], for k in begin ..< end in order; `n` lanes of b exist.
INLINE void chain(int R, int C, vf acc[MAX_R][8], const float *a, ptrdiff_t a_row, ptrdiff_t a_k, ptrdiff_t begin,
                  ptrdiff_t end, const float *b, ptrdiff_t b_row, size_t n) {
  _Pragma("clang loop unroll_count(4)") for (ptrdiff_t k = begin; k < end; k++) {
    vf columns[8];
    UNROLL for (int c = 0; c < C; c++) columns[c] = row_load(b + k * b_row + c * W, n);
    UNROLL for (int r = 0; r < R; r++) {
      vf x = vset(a[r * a_row + k * a_k]);
      UNROLL for (int c = 0; c < C; c++) acc[r][c] = vfma(x, columns[c], acc[r][c]);
    }
  }
}

// out[R][j ..< j + C W] = a[R][depth] b[depth][TILE].
INLINE void tile_products_at(int R, int C, const float *a, ptrdiff_t a_row, size_t depth, const float *b, ptrdiff_t j,
                             float *out) {
  vf acc[MAX_R][8];
  UNROLL for (int r = 0; r < R; r++) UNROLL for (int c = 0; c < C; c++) acc[r][c] = vset(0);
  chain(R, C, acc, a, a_row, 1, 0, (ptrdiff_t)depth, b + j, TILE, W);
  UNROLL for (int r = 0; r < R; r++) UNROLL for (int c = 0; c < C; c++) vstore(out + r * TILE + j + c * W, acc[r][c]);
}

// The same for columns begin ..< end, which are multiples of W, at most C vectors at once.
INLINE void tile_products(int R, int C, const float *a, ptrdiff_t a_row, size_t depth, const float *b, ptrdiff_t begin,
                          ptrdiff_t end, float *out) {
  ptrdiff_t j = begin;
  for (; j + C * W <= end; j += C * W) tile_products_at(R, C, a, a_row, depth, b, j, out);
  if (C > 4 && j + 4 * W <= end) {
    tile_products_at(R, 4, a, a_row, depth, b, j, out);
    j += 4 * W;
  }
  if (C > 2 && j + 2 * W <= end) {
    tile_products_at(R, 2, a, a_row, depth, b, j, out);
    j += 2 * W;
  }
  if (j < end) tile_products_at(R, 1, a, a_row, depth, b, j, out);
}

// How many vectors of keys a block of R queries takes at once.
#define KEY_VECTORS(R) ((R) >= 4 ? 2 : (R) > 1 || TILE / W < 8 ? 4 : 8)

#endif
