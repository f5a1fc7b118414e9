// Attention of one head over one sequence, forward and backward, as the textbook writes it: all scores of a query,
// their softmax, the weighted sum of values. Backward, with P the probabilities, M the dropout's factors and dS the
// gradient of the scores before scaling: dV = (P M)^T dO, dP = M (dO V^T), dS = P (dP - sum(P dP)), times 1 - (s /
// cap)^2 where capped.
#include <math.h>

#include "philox.h"

#include "../families.h"

static bool sees(const apus_attention *a, size_t query, size_t key) {
  size_t position = a->query_position + query;
  if (a->causal && key > position) return false;
  if (a->window && key + a->window <= position) return false;
  return a->causal || !a->window || key < position + a->window;
}

static float key_at(const apus_attention *a, size_t position, size_t feature) {
  if (a->key) return a->key[(ptrdiff_t)position * a->key_row + (ptrdiff_t)feature];
  return a->key_blocks[position / APUS_KEY_TILE][feature * APUS_KEY_TILE + position % APUS_KEY_TILE];
}
static float value_at(const apus_attention *a, size_t position, size_t feature) {
  if (a->value) return a->value[(ptrdiff_t)position * a->value_row + (ptrdiff_t)feature];
  return a->value_blocks[position / APUS_KEY_TILE][position % APUS_KEY_TILE * a->head_dim + feature];
}

// The scaled, capped score; -inf where the query does not see the key.
static float score(const apus_attention *a, size_t query, size_t key) {
  if (!sees(a, query, key)) return -INFINITY;
  const float *q = a->query + (ptrdiff_t)query * a->query_row;
  float s = 0;
  for (size_t f = 0; f < a->head_dim; f++) s += q[f] * key_at(a, key, f);
  s *= a->scale;
  return a->soft_cap > 0 ? a->soft_cap * tanhf(s / a->soft_cap) : s;
}

// What dropout multiplies this probability with.
static float kept(const apus_attention *a, size_t query, size_t key) {
  if (a->dropout_rate <= 0) return 1;
  uint32_t stream = a->dropout_stream + (uint32_t)query * a->dropout_stream_stride;
  apus_philox_block random =
      apus_philox(a->dropout_seed, (uint32_t)(key / 4), stream, a->dropout_site, a->dropout_step);
  return random.word[key % 4] >= apus_dropout_threshold(a->dropout_rate) ? 1 / (1 - a->dropout_rate) : 0;
}

static size_t attention_scratch(const apus_attention *a) { return a->key_count; }

static void attention(const apus_attention *a, float *scratch) {
  float *p = scratch;
  for (size_t i = 0; i < a->query_count; i++) {
    float maximum = -INFINITY;
    double sum = 0;
    for (size_t j = 0; j < a->key_count; j++) maximum = fmaxf(maximum, p[j] = score(a, i, j));
    for (size_t j = 0; j < a->key_count; j++) sum += p[j] = sees(a, i, j) ? expf(p[j] - maximum) : 0;
    if (a->log_sum_exp) a->log_sum_exp[i] = (float)(maximum + log(sum));
    for (size_t f = 0; f < a->head_dim; f++) {
      double total = 0;
      for (size_t j = 0; j < a->key_count; j++)
        if (sees(a, i, j)) total += (double)p[j] * kept(a, i, j) * value_at(a, j, f);
      a->output[(ptrdiff_t)i * a->output_row + (ptrdiff_t)f] = sum > 0 ? (float)(total / sum) : 0;
    }
  }
}

static size_t attention_backward_scratch(const apus_attention *a) { return 2 * a->key_count; }

static void attention_backward(const apus_attention *a, const apus_attention_gradient *g, float *scratch) {
  float *p = scratch, *dp = scratch + a->key_count;
  for (size_t i = 0; i < a->query_count; i++) {
    const float *q = a->query + (ptrdiff_t)i * a->query_row;
    const float *dout = g->output_gradient + (ptrdiff_t)i * g->output_gradient_row;
    float *dq = g->query_gradient + (ptrdiff_t)i * g->query_gradient_row;
    double delta = 0;
    for (size_t j = 0; j < a->key_count; j++) {
      if (!sees(a, i, j)) continue;
      p[j] = expf(score(a, i, j) - a->log_sum_exp[i]);
      float dot = 0, factor = kept(a, i, j);
      for (size_t f = 0; f < a->head_dim; f++) {
        dot += dout[f] * value_at(a, j, f);
        g->value_gradient[(ptrdiff_t)j * g->value_gradient_row + (ptrdiff_t)f] += p[j] * factor * dout[f];
      }
      dp[j] = factor * dot;
      delta += (double)p[j] * dp[j];
    }
    for (size_t j = 0; j < a->key_count; j++) {
      if (!sees(a, i, j)) continue;
      float ds = p[j] * (dp[j] - (float)delta) * a->scale;
      if (a->soft_cap > 0) {
        float relative = score(a, i, j) / a->soft_cap;
        ds *= 1 - relative * relative;
      }
      float *dk = g->key_gradient + (ptrdiff_t)j * g->key_gradient_row;
      for (size_t f = 0; f < a->head_dim; f++) {
        dq[f] += ds * key_at(a, j, f);
        dk[f] += ds * q[f];
      }
    }
  }
}

static void cache_write(const float *key, const float *value, size_t head_dim, size_t slot, float *key_block,
                        float *value_block) {
  for (size_t f = 0; f < head_dim; f++) {
    key_block[f * APUS_KEY_TILE + slot] = key[f];
    value_block[slot * head_dim + f] = value[f];
  }
}

void apus_fill_attention_scalar(apus_kernels *k) {
  k->attention_scratch = attention_scratch;
  k->attention = attention;
  k->attention_backward_scratch = attention_backward_scratch;
  k->attention_backward = attention_backward;
  k->cache_write = cache_write;
}
