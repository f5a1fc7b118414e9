// Attention's backward pass, in row mode: probabilities are recomputed from the log-sum-exp that the forward pass left
// (scalar/attention.c has the formulas), and sum(P dP) of a query is the product of its output and the output's
// gradient.
//
// Tiles of keys are the outer loop, blocks of queries the inner: for each, P and dS are written to scratch, zero where
// nothing is seen, and multiplied at once: dQ += dS K, dK += dS^T Q, dV += (P M)^T dO. All sums run in order of
// position. Zeros hide only what is finite: unlike forward, a key that is not can reach queries that do not see it.
#ifndef APUS_ATTENTION_BACKWARD_H
#define APUS_ATTENTION_BACKWARD_H

#include "attention_inline.h"

#define QUERY_BLOCK 48

typedef struct {
  float *keys, *values;          // [head_dim][TILE]
  float *key_rows;               // [TILE][head_dim]
  float *probability, *dscore;   // [QUERY_BLOCK][TILE]; probabilities as dropout leaves them
  float *delta;                  // [query_count]
  size_t first, count;           // the tile's keys
} backward_tile;

static size_t attention_backward_scratch(const apus_attention *a) {
  return 16 + 3 * TILE * a->head_dim + 2 * QUERY_BLOCK * TILE + a->query_count;
}

static backward_tile backward_tile_make(const apus_attention *a, float *scratch) {
  backward_tile tile = {.keys = aligned(scratch)};
  tile.values = tile.keys + TILE * a->head_dim;
  tile.key_rows = tile.values + TILE * a->head_dim;
  tile.probability = tile.key_rows + TILE * a->head_dim;
  tile.dscore = tile.probability + QUERY_BLOCK * TILE;
  tile.delta = tile.dscore + QUERY_BLOCK * TILE;
  return tile;
}

// c[r] += sum over k of a[r * a_row + k * a_k] b[k], for R rows of `width`.
INLINE void add_products(int R, const float *a, ptrdiff_t a_row, ptrdiff_t a_k, ptrdiff_t depth, const float *b,
                         ptrdiff_t b_row, float *c, ptrdiff_t c_row, size_t width) {
  vf acc[MAX_R][8];
  size_t f = 0;
  for (; f + 2 * W <= width; f += 2 * W) {
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int i = 0; i < 2; i++)
        acc[r][i] = vload(c + r * c_row + f + i * W);
    chain(R, 2, acc, a, a_row, a_k, 0, depth, b + f, b_row, W);
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int i = 0; i < 2; i++)
        vstore(c + r * c_row + f + i * W, acc[r][i]);
  }
  for (; f < width; f += W) {
    size_t n = width - f;
    UNROLL for (int r = 0; r < R; r++) acc[r][0] = row_load(c + r * c_row + f, n);
    chain(R, 1, acc, a, a_row, a_k, 0, depth, b + f, b_row, n);
    UNROLL for (int r = 0; r < R; r++) row_store(c + r * c_row + f, acc[r][0], n);
  }
}

// What dropout multiplies the probabilities of 2 W keys from `key` on with.
INLINE void dropout_factors(const apus_attention *a, random_stream s, size_t query, size_t key, vf factor[2]) {
  s.stream = a->dropout_stream + (uint32_t)query * a->dropout_stream_stride;
  random_words words = random_words_at(s, (uint32_t)(key / 4));
  factor[0] = random_drop(s, words.low, vset(1));
  factor[1] = random_drop(s, words.high, vset(1));
}

// For R queries from s = q k and dO v to P M and dS, over a whole tile.
INLINE void score_gradients(int R, const apus_attention *a, const backward_tile *tile, size_t query, visible_keys v,
                            float *s, float *dp) {
  random_stream stream = random_stream_make(a->dropout_rate, a->dropout_seed, a->dropout_site, a->dropout_step);
  ptrdiff_t begin = first_visible(v, 0), end = end_visible(v, R - 1);
  ptrdiff_t common = first_visible(v, R - 1), common_end = end_visible(v, 0);
  vf factor[MAX_R][2];
  for (ptrdiff_t j = 0; j < TILE; j += W) {
    int half = j / W % 2;
    if (j + W <= begin || j >= end) {
      UNROLL for (int r = 0; r < R; r++) vstore(s + r * TILE + j, vset(0));
      UNROLL for (int r = 0; r < R; r++) vstore(dp + r * TILE + j, vset(0));
      continue;
    }
    if (a->dropout_rate > 0 && (half == 0 || j <= begin))
      for (int r = 0; r < R; r++)
        dropout_factors(a, stream, query + (size_t)r, tile->first + (size_t)(j - half * W), factor[r]);
    UNROLL for (int r = 0; r < R; r++) {
      vf x = vload(s + r * TILE + j), dx = vload(dp + r * TILE + j), slope = vset(a->scale);
      if (a->soft_cap > 0) {
        vf relative = vtanh(x * (a->scale / a->soft_cap));
        x = relative * (a->soft_cap * APUS_LOG2_E);
        slope *= 1.0f - relative * relative;
      } else {
        x *= a->scale * APUS_LOG2_E;
      }
      vf p = vexp2(x - a->log_sum_exp[query + (size_t)r] * APUS_LOG2_E), kept = p;
      if (a->dropout_rate > 0) {
        kept *= factor[r][half];
        dx *= factor[r][half];
      }
      vf ds = p * (dx - tile->delta[query + (size_t)r]) * slope;
      if (j < common || j + W > common_end) {
        vi visible = visible_lanes(v, r, j);
        kept = vselect(visible, kept, vset(0));
        ds = vselect(visible, ds, vset(0));
      }
      vstore(s + r * TILE + j, kept);
      vstore(dp + r * TILE + j, ds);
    }
  }
}

// P, dS and dQ of R queries against one tile; `p` and `ds` are their rows.
INLINE void query_gradients(int R, const apus_attention *a, const apus_attention_gradient *g, const backward_tile *tile,
                            size_t query, float *p, float *ds) {
  visible_keys v = visible_in_tile(a, query, tile->first);
  ptrdiff_t begin = first_visible(v, 0), end = end_visible(v, R - 1);
  ptrdiff_t start = begin & -(ptrdiff_t)W, stop = (end + W - 1) & -(ptrdiff_t)W;
  tile_products(R, KEY_VECTORS(R), a->query + (ptrdiff_t)query * a->query_row, a->query_row, a->head_dim, tile->keys,
                start, stop, p);
  tile_products(R, KEY_VECTORS(R), g->output_gradient + (ptrdiff_t)query * g->output_gradient_row,
                g->output_gradient_row, a->head_dim, tile->values, start, stop, ds);
  score_gradients(R, a, tile, query, v, p, ds);
  add_products(R, ds + begin, TILE, 1, end - begin, tile->key_rows + begin * (ptrdiff_t)a->head_dim,
               (ptrdiff_t)a->head_dim, g->query_gradient + (ptrdiff_t)query * g->query_gradient_row,
               g->query_gradient_row, a->head_dim);
}

// dV and dK of R keys from `key` of the tile on, over queries query_begin ..< query_end.
INLINE void key_gradients(int R, const apus_attention *a, const apus_attention_gradient *g, const backward_tile *tile,
                          size_t key, size_t query_begin, size_t query_end) {
  visible_keys v = visible_in_tile(a, 0, tile->first);
  ptrdiff_t begin = (ptrdiff_t)key - v.high + 1, end = (ptrdiff_t)key + R - v.low;
  if (begin < (ptrdiff_t)query_begin) begin = (ptrdiff_t)query_begin;
  if (end > (ptrdiff_t)query_end) end = (ptrdiff_t)query_end;
  if (begin >= end) return;
  ptrdiff_t offset = (begin - (ptrdiff_t)query_begin) * TILE + (ptrdiff_t)key;
  ptrdiff_t position = (ptrdiff_t)(tile->first + key);
  add_products(R, tile->probability + offset, 1, TILE, end - begin, g->output_gradient + begin * g->output_gradient_row,
               g->output_gradient_row, g->value_gradient + position * g->value_gradient_row, g->value_gradient_row,
               a->head_dim);
  add_products(R, tile->dscore + offset, 1, TILE, end - begin, a->query + begin * a->query_row, a->query_row,
               g->key_gradient + position * g->key_gradient_row, g->key_gradient_row, a->head_dim);
}

#define GRADIENTS(R)                                                                                               \
  static void query_gradients_##R(const apus_attention *a, const apus_attention_gradient *g,                       \
                                  const backward_tile *tile, size_t query, float *p, float *ds) {                  \
    query_gradients(R, a, g, tile, query, p, ds);                                                                  \
  }                                                                                                                \
  static void key_gradients_##R(const apus_attention *a, const apus_attention_gradient *g,                         \
                                const backward_tile *tile, size_t key, size_t query_begin, size_t query_end) {     \
    key_gradients(R, a, g, tile, key, query_begin, query_end);                                                     \
  }
GRADIENTS(1)
GRADIENTS(2)
GRADIENTS(3)
GRADIENTS(4)
GRADIENTS(5)
GRADIENTS(6)

static void backward_block(const apus_attention *a, const apus_attention_gradient *g, const backward_tile *tile,
                           size_t begin, size_t end) {
  static void (*const of_queries[])(const apus_attention *, const apus_attention_gradient *, const backward_tile *,
                                    size_t, float *, float *) = {
      0, query_gradients_1, query_gradients_2, query_gradients_3, query_gradients_4, query_gradients_5,
      query_gradients_6};
  static void (*const of_keys[])(const apus_attention *, const apus_attention_gradient *, const backward_tile *, size_t,
                                 size_t, size_t) = {
      0, key_gradients_1, key_gradients_2, key_gradients_3, key_gradients_4, key_gradients_5, key_gradients_6};
  for (size_t query = begin; query < end; query += MAX_R) {
    size_t offset = (query - begin) * TILE;
    of_queries[end - query < MAX_R ? end - query : MAX_R](a, g, tile, query, tile->probability + offset,
                                                          tile->dscore + offset);
  }
  for (size_t key = 0; key < tile->count; key += MAX_R)
    of_keys[tile->count - key < MAX_R ? tile->count - key : MAX_R](a, g, tile, key, begin, end);
}

static void attention_backward(const apus_attention *a, const apus_attention_gradient *g, float *scratch) {
  backward_tile tile = backward_tile_make(a, scratch);
  prefetch_rows(g->output_gradient, g->output_gradient_row, a->query_count, a->head_dim);
  prefetch_rows(a->output, a->output_row, a->query_count, a->head_dim);
  for (size_t i = 0; i < a->query_count; i++) {
    row r = {.x = a->output + (ptrdiff_t)i * a->output_row,
             .y = g->output_gradient + (ptrdiff_t)i * g->output_gradient_row};
    tile.delta[i] = row_sum(row_product, r, a->head_dim);
  }
  for (; tile.first < a->key_count; tile.first += TILE) {
    size_t begin, end = queries_of_tile(a, tile.first, &begin);
    if (end <= begin) continue;
    tile.count = a->key_count - tile.first < TILE ? a->key_count - tile.first : TILE;
    const float *keys = a->key + (ptrdiff_t)tile.first * a->key_row;
    const float *values = a->value + (ptrdiff_t)tile.first * a->value_row;
    prefetch_rows(keys, a->key_row, tile.count, a->head_dim);
    prefetch_rows(values, a->value_row, tile.count, a->head_dim);
    transpose_tile(keys, a->key_row, tile.count, a->head_dim, tile.keys);
    copy_tile(keys, a->key_row, tile.count, a->head_dim, tile.key_rows);
    transpose_tile(values, a->value_row, tile.count, a->head_dim, tile.values);
    for (size_t query = begin; query < end; query += QUERY_BLOCK)
      backward_block(a, g, &tile, query, end - query < QUERY_BLOCK ? end : query + QUERY_BLOCK);
  }
}

#endif
