// Attention by tiles of keys with the online softmax, so that no tokens x tokens matrix exists. Milakov and Gimelshein,
// "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention", 2022.
//
// Tiles are the outer loop: each is packed once (or is a cache block) and meets all queries, a few at a time, whose
// running maximum and sum lie in scratch and whose weighted sum of values grows in the output rows. Only keys that a
// query sees enter its sums, so that nothing in the slots beyond, not even NaN, can matter.
#include "attention_inline.h"
#include "attention_backward.h"

typedef struct {
  const float *keys;    // [head_dim][TILE]
  const float *values;  // [TILE][head_dim]
  size_t first;         // position of its first key
  float *maximum, *sum;  // of all queries; the maxima in units of log 2
} key_tile;

// From scores to exponentials in place, for a block of R queries: their maxima, in units of log 2, become those with
// this tile, `rescale` what the earlier sums are to be multiplied with, and `sum` the sums of this tile.
INLINE void exponentials(int R, const apus_attention *a, visible_keys v, float *s, float *maximum, float *rescale,
                         float *sum) {
  const float unit = a->soft_cap > 0 ? 1 : a->scale * APUS_LOG2_E;
  ptrdiff_t start = first_visible(v, 0) & -(ptrdiff_t)W, stop = end_visible(v, R - 1);
  ptrdiff_t common = first_visible(v, R - 1), common_end = end_visible(v, 0);
  vf top[MAX_R], total[MAX_R];
  UNROLL for (int r = 0; r < R; r++) top[r] = vset(-__builtin_inff());
  for (ptrdiff_t j = start; j < stop; j += W) {
    bool masked = j < common || j + W > common_end;
    if (masked || a->soft_cap > 0)
      UNROLL for (int r = 0; r < R; r++) {
        vf x = vload(s + r * TILE + j);
        if (a->soft_cap > 0) x = vtanh(x * (a->scale / a->soft_cap)) * (a->soft_cap * APUS_LOG2_E);
        vstore(s + r * TILE + j, masked ? vselect(visible_lanes(v, r, j), x, vset(-__builtin_inff())) : x);
      }
    UNROLL for (int r = 0; r < R; r++) top[r] = vmax(top[r], vload(s + r * TILE + j) * unit);
  }
  UNROLL for (int r = 0; r < R; r++) {
    float before = maximum[r], now = vhmax(top[r]);
    maximum[r] = before > now ? before : now;
    rescale[r] = before - maximum[r];
    total[r] = vset(0);
  }
  for (ptrdiff_t j = start; j < stop; j += W)
    UNROLL for (int r = 0; r < R; r++) {
      vf p = vexp2(vfma(vload(s + r * TILE + j), vset(unit), vset(-maximum[r])));
      total[r] += p;
      vstore(s + r * TILE + j, p);
    }
  for (int r = 0; r < R; r += W) vstore(rescale + r, vexp2(vload(rescale + r)));
  UNROLL for (int r = 0; r < R; r++) sum[r] = sum[r] * rescale[r] + vsum(total[r]);
}

static void drop_probabilities(const apus_attention *a, const key_tile *tile, size_t query, float *p, size_t end) {
  random_stream s = random_stream_make(a->dropout_rate, a->dropout_seed, a->dropout_site, a->dropout_step);
  s.stream = a->dropout_stream + (uint32_t)query * a->dropout_stream_stride;
  for (size_t j = 0; j < end; j += 2 * W) {
    random_words words = random_words_at(s, (uint32_t)((tile->first + j) / 4));
    vstore(p + j, random_drop(s, words.low, vload(p + j)));
    vstore(p + j + W, random_drop(s, words.high, vload(p + j + W)));
  }
}

// out[r][f ..< f + C W] = rescale[r] out[r] + p[r] values, over the keys that each row sees, in order. The common keys
// are framed by two triangles: row r sees r keys more than row 0 at the end, and as many fewer at the beginning of a
// window.
INLINE void weighted_values(int R, int C, const float *p, const float *rescale, visible_keys v, const float *values,
                            size_t head_dim, float *out, ptrdiff_t out_row, size_t n) {
  ptrdiff_t begin = first_visible(v, R - 1), end = end_visible(v, 0), row = (ptrdiff_t)head_dim;
  vf acc[MAX_R][8];
  UNROLL for (int r = 0; r < R; r++) UNROLL for (int c = 0; c < C; c++)
      acc[r][c] = row_load(out + r * out_row + c * W, n) * rescale[r];
  if (R > 1 && begin > 0) {
    UNROLL for (int j = 0; j < R - 1; j++) if (v.low + j >= 0) UNROLL for (int r = 0; r <= j; r++)
        chain(1, C, acc + r, p + r * TILE, 0, 1, v.low + j, v.low + j + 1, values, row, n);
  }
  chain(R, C, acc, p, TILE, 1, begin, end, values, row, n);
  if (R > 1 && v.high < v.count) {
    UNROLL for (int j = 1; j < R; j++) if (v.high + j <= v.count) UNROLL for (int r = j; r < R; r++)
        chain(1, C, acc + r, p + r * TILE, 0, 1, v.high + j - 1, v.high + j, values, row, n);
  }
  UNROLL for (int r = 0; r < R; r++) UNROLL for (int c = 0; c < C; c++)
      row_store(out + r * out_row + c * W, acc[r][c], n);
}

// R queries from `query` on, each of which sees keys of the tile, some in common.
INLINE void attend(int R, const apus_attention *a, const key_tile *tile, size_t query, visible_keys v) {
  float p[MAX_R * TILE] __attribute__((aligned(64))), rescale[MAX_R + W];
  ptrdiff_t start = first_visible(v, 0) & -(ptrdiff_t)W, end = (end_visible(v, R - 1) + W - 1) & -(ptrdiff_t)W;
  tile_products(R, KEY_VECTORS(R), a->query + (ptrdiff_t)query * a->query_row, a->query_row, a->head_dim, tile->keys,
                start, end, p);
  exponentials(R, a, v, p, tile->maximum + query, rescale, tile->sum + query);
  if (a->dropout_rate > 0)
    for (int r = 0; r < R; r++)
      drop_probabilities(a, tile, query + (size_t)r, p + r * TILE, (size_t)end_visible(v, r));
  float *out = a->output + (ptrdiff_t)query * a->output_row;
  size_t f = 0;
  if (R == 1)
    for (; f + 8 * W <= a->head_dim; f += 8 * W)
      weighted_values(R, 8, p, rescale, v, tile->values + f, a->head_dim, out + f, a->output_row, W);
  if (R <= 3)
    for (; f + 4 * W <= a->head_dim; f += 4 * W)
      weighted_values(R, 4, p, rescale, v, tile->values + f, a->head_dim, out + f, a->output_row, W);
  for (; f + 2 * W <= a->head_dim; f += 2 * W)
    weighted_values(R, 2, p, rescale, v, tile->values + f, a->head_dim, out + f, a->output_row, W);
  for (; f + W <= a->head_dim; f += W)
    weighted_values(R, 1, p, rescale, v, tile->values + f, a->head_dim, out + f, a->output_row, W);
  if (f < a->head_dim)
    weighted_values(R, 1, p, rescale, v, tile->values + f, a->head_dim, out + f, a->output_row, a->head_dim - f);
}

typedef void attend_block(const apus_attention *a, const key_tile *tile, size_t query, visible_keys v);
#define ATTEND(R)                                                                                              \
  static void attend_##R(const apus_attention *a, const key_tile *tile, size_t query, visible_keys v) { \
    attend(R, a, tile, query, v);                                                                              \
  }
ATTEND(1)
ATTEND(2)
ATTEND(3)
ATTEND(4)
ATTEND(5)
ATTEND(6)

static void attend_tile(const apus_attention *a, const key_tile *tile) {
  static attend_block *const blocks[] = {0, attend_1, attend_2, attend_3, attend_4, attend_5, attend_6};
  size_t query, end = queries_of_tile(a, tile->first, &query);
  while (query < end) {
    size_t rows = end - query < MAX_R ? end - query : MAX_R;
    visible_keys v = visible_in_tile(a, query, tile->first);
    if (first_visible(v, (ptrdiff_t)rows - 1) >= end_visible(v, 0)) rows = 1;  // nothing in common: a narrow window
    size_t next = query + rows, ahead = end - next < MAX_R ? end - next : MAX_R;
    prefetch_rows(a->query + (ptrdiff_t)next * a->query_row, a->query_row, ahead, a->head_dim);
    blocks[rows](a, tile, query, v);
    query += rows;
  }
}

static size_t attention_scratch(const apus_attention *a) {
  return 16 + (a->key ? 2 * TILE * a->head_dim : 0) + 2 * a->query_count;
}

static void start_queries(const apus_attention *a, key_tile tile) {
  for (size_t i = 0; i < a->query_count; i++) {
    tile.maximum[i] = -__builtin_inff();
    tile.sum[i] = 0;
    float *out = a->output + (ptrdiff_t)i * a->output_row;
    for (size_t f = 0; f < a->head_dim; f += W) row_store(out + f, vset(0), a->head_dim - f);
  }
}

static void finish_queries(const apus_attention *a, key_tile tile) {
  for (size_t i = 0; i < a->query_count; i++) {
    float *out = a->output + (ptrdiff_t)i * a->output_row;
    float inverse = tile.sum[i] > 0 ? 1 / tile.sum[i] : tile.sum[i] == 0 ? 0 : tile.sum[i];
    for (size_t f = 0; f < a->head_dim; f += W) {
      size_t n = a->head_dim - f;
      row_store(out + f, row_load(out + f, n) * inverse, n);
    }
    if (a->log_sum_exp) a->log_sum_exp[i] = tile.maximum[i] * LN_2 + __builtin_logf(tile.sum[i]);
  }
}

static void attention(const apus_attention *a, float *scratch) {
  float *keys = aligned(scratch), *values = keys + (a->key ? TILE * a->head_dim : 0);
  key_tile tile = {.keys = keys, .values = values};
  tile.maximum = values + (a->key ? TILE * a->head_dim : 0);
  tile.sum = tile.maximum + a->query_count;
  start_queries(a, tile);
  for (; tile.first < a->key_count; tile.first += TILE) {
    size_t begin;
    if (queries_of_tile(a, tile.first, &begin) <= begin) continue;
    size_t left = a->key_count - tile.first, count = left < TILE ? left : TILE;
    if (a->key) {
      prefetch_rows(a->key + (ptrdiff_t)tile.first * a->key_row, a->key_row, count, a->head_dim);
      prefetch_rows(a->value + (ptrdiff_t)tile.first * a->value_row, a->value_row, count, a->head_dim);
      transpose_tile(a->key + (ptrdiff_t)tile.first * a->key_row, a->key_row, count, a->head_dim, keys);
      copy_tile(a->value + (ptrdiff_t)tile.first * a->value_row, a->value_row, count, a->head_dim, values);
    } else {
      tile.keys = a->key_blocks[tile.first / TILE];
      tile.values = a->value_blocks[tile.first / TILE];
    }
    attend_tile(a, &tile);
  }
  finish_queries(a, tile);
}

static void cache_write(const float *key, const float *value, size_t head_dim, size_t slot, float *key_block,
                        float *value_block) {
  for (size_t f = 0; f < head_dim; f++) key_block[f * TILE + slot] = key[f];
  __builtin_memcpy(value_block + slot * head_dim, value, head_dim * sizeof(float));
}

void FILL(attention)(apus_kernels *k) {
  k->attention_scratch = attention_scratch;
  k->attention = attention;
  k->attention_backward_scratch = attention_backward_scratch;
  k->attention_backward = attention_backward;
  k->cache_write = cache_write;
}
