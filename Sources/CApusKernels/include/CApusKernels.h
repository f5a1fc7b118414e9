// The one door to the kernels: inner loops over raw memory, in C because Swift neither multiversions functions nor
// reassociates float sums. One table of function pointers per instruction set; scalar/ holds the plain loops that all
// others are tested against, vector/ holds each family once over the macros of a vec.h, and avx2/, avx512/ and neon/
// compile that with their vec.h.
//
// The kernels know no thread, no tensor and no model. They are given ranges, so that callers split the work by output;
// and they allocate nothing. Every result is a function of its inputs alone: not of the range it was computed in, nor
// of its neighbours in the batch. Bits may differ between instruction sets.
//
// Legend: T tokens (rows), D width (columns), H heads, K key-value heads.

#ifndef CAPUSKERNELS_H
#define CAPUSKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum { APUS_ISA_SCALAR = 0, APUS_ISA_AVX2 = 1, APUS_ISA_AVX512 = 2, APUS_ISA_NEON = 3 } apus_isa;

typedef enum {
  APUS_ACTIVATION_NONE = 0,
  APUS_ACTIVATION_RELU = 1,
  APUS_ACTIVATION_GELU_ERF = 2,   // x Φ(x)
  APUS_ACTIVATION_GELU_TANH = 3,  // the tanh approximation ("gelu_new")
  APUS_ACTIVATION_SILU = 4,
} apus_activation;

typedef enum { APUS_NORM_LAYER = 0, APUS_NORM_RMS = 1 } apus_norm_kind;

// How files store real numbers, little-endian: by ggml's numbers, and 8-bit floats, which ggml lacks, from 100 on.
typedef enum {
  APUS_F32 = 0,
  APUS_F16 = 1,
  APUS_Q4_0 = 2,
  APUS_Q4_1 = 3,
  APUS_Q5_0 = 6,
  APUS_Q5_1 = 7,
  APUS_Q8_0 = 8,
  APUS_Q2_K = 10,
  APUS_Q3_K = 11,
  APUS_Q4_K = 12,
  APUS_Q5_K = 13,
  APUS_Q6_K = 14,
  APUS_IQ4_NL = 20,
  APUS_I8 = 24,
  APUS_I16 = 25,
  APUS_I32 = 26,
  APUS_I64 = 27,
  APUS_F64 = 28,
  APUS_BF16 = 30,
  APUS_F8_E4M3 = 100,
  APUS_F8_E5M2 = 101,
} apus_numbers;

// ---- Matrix product: c[m, n] = epilogue(sum over k of a[m, k] b[k, n]) ----
//
// b is packed beforehand into panels of `panel` columns: panel p holds, for each k in order, the `panel` values
// b[k, p * panel ...], zero beyond n. Each output accumulates over k sequentially, from c where `accumulate` is set and
// from zero else: so the bits of an output do not depend on m, on n or on how the work is split, and accumulating the
// product over two halves of k gives the bits of the whole.
// Epilogue, in this order: + bias, copied to `preactivation` where that is given, activation, + residual.
typedef struct {
  size_t m, n, k;
  const float *a;             // element (m, k) at a[m * a_row + k * a_k]
  ptrdiff_t a_row, a_k;
  const float *b;             // packed panels
  float *c;                   // element (m, n) at c[m * c_row + n]
  ptrdiff_t c_row;
  bool accumulate;
  apus_activation activation;
  const float *_Nullable bias;        // [n]
  float *_Nullable preactivation;     // as c, same stride
  const float *_Nullable residual;    // element (m, n) at residual[m * residual_row + n]; not c
  ptrdiff_t residual_row;
} apus_product;

// ---- Attention ----
//
// Keys are read in tiles of APUS_KEY_TILE counted from position 0 of the sequence. A score accumulates over the head's
// features sequentially; tiles are merged in order by the online softmax. So a query's result depends on its own
// sequence alone. Tiles come either from rows (training: packed as the kernel goes) or from cache blocks.
#define APUS_KEY_TILE 64

typedef struct {
  // Queries: `query_count` rows, the first at sequence position `query_position`. Row stride in floats.
  const float *query;
  ptrdiff_t query_row;
  size_t query_count;
  size_t query_position;
  // Keys and values of positions 0 ..< key_count. Either rows ...
  const float *_Nullable key;         // [position * key_row + feature], already rotated
  const float *_Nullable value;
  ptrdiff_t key_row, value_row;
  // ... or blocks: block i holds positions i * 64 ..< i * 64 + 64, keys as [head_dim][64] (feature-major), values as
  // [64][head_dim]. Slots beyond key_count are never read as scores.
  const float *_Nonnull const *_Nullable key_blocks;
  const float *_Nonnull const *_Nullable value_blocks;
  size_t key_count;
  size_t head_dim;
  float scale;                        // scores are multiplied by it
  float soft_cap;                     // 0: none; else cap * tanh(score / cap)
  bool causal;                        // query at position p sees keys at positions <= p
  size_t window;                      // 0: none; else key position > p - window (both sides when not causal)
  // Dropout of probabilities: rate 0 = none. Philox key (seed), counter (key position / 4, stream, site, step), where
  // the stream of query row i is dropout_stream + i * dropout_stream_stride.
  float dropout_rate;
  uint64_t dropout_seed;
  uint32_t dropout_step, dropout_site, dropout_stream, dropout_stream_stride;
  // Results: output rows, and per query the log-sum-exp of its scores (for the backward pass).
  float *output;
  ptrdiff_t output_row;
  float *_Nullable log_sum_exp;
} apus_attention;

typedef struct {
  const float *output_gradient;       // as output
  ptrdiff_t output_gradient_row;
  float *query_gradient;              // added to; strides as query, key, value in `row` mode
  float *key_gradient;
  float *value_gradient;
  ptrdiff_t query_gradient_row, key_gradient_row, value_gradient_row;
} apus_attention_gradient;

// ---- The table ----
typedef struct apus_kernels {
  apus_isa isa;
  const char *name;                   // "scalar", "avx2", "avx512", "neon"
  size_t panel;                       // columns of one packed panel
  size_t tile_rows;                   // rows of c that the product handles at once: split m by multiples of it

  // Packs panels first_panel ..< end_panel of b, element (k, n) at b[k * b_k + n * b_n]; panel p is written to
  // packed + p * panel * k_count.
  void (*pack)(const float *b, ptrdiff_t b_k, ptrdiff_t b_n, size_t k_count, size_t n_count, size_t first_panel,
               size_t end_panel, float *packed);
  // Computes rows m_begin ..< m_end of panels panel_begin ..< panel_end. `scratch` has product_scratch floats.
  void (*product)(const apus_product *p, size_t m_begin, size_t m_end, size_t panel_begin, size_t panel_end,
                  float *scratch);
  size_t product_scratch;
  // The same for at most `few_rows` rows whose steps lie side by side (a_k = 1), with b as it is in a weight: element
  // (k, n) at b[n * b_n + k], each read once. Computes columns n_begin ..< n_end. `scratch` has few_rows * (k + 2)
  // floats.
  void (*product_of_few_rows)(const apus_product *p, ptrdiff_t b_n, size_t n_begin, size_t n_end, float *scratch);
  size_t few_rows;

  // Elementwise, n values. In place is allowed. Errors in ulp stand in vector/elementwise.h.
  void (*exp)(const float *x, float *y, size_t n);
  void (*tanh)(const float *x, float *y, size_t n);
  void (*erf)(const float *x, float *y, size_t n);
  void (*sigmoid)(const float *x, float *y, size_t n);
  void (*add)(const float *a, const float *b, float *y, size_t n);             // y = a + b
  void (*scale)(const float *x, float s, float *y, size_t n);                  // y = s x
  void (*multiply_add)(const float *x, float s, float *y, size_t n);           // y += s x
  void (*activation)(apus_activation f, const float *x, float *y, size_t n);
  // dx = dy f'(x), added to dx where `accumulate`.
  void (*activation_backward)(apus_activation f, const float *x, const float *dy, float *dx, bool accumulate, size_t n);
  // y = f(gate) * up over rows; gate, up, y (and gradients) have their own row strides.
  void (*gated)(apus_activation f, const float *gate, const float *up, ptrdiff_t in_row, float *y, ptrdiff_t out_row,
                size_t rows, size_t columns);
  void (*gated_backward)(apus_activation f, const float *gate, const float *up, ptrdiff_t in_row, const float *dy,
                         ptrdiff_t out_row, float *dgate, float *dup, size_t rows, size_t columns);

  // Norms over rows of `columns` values: y = (x - mean) rstd (gain + gain_offset) + bias; RMS: mean is 0.
  // mean and rstd [rows] are written where given (RMS neither writes nor reads mean). Without a gain the factor is 1.
  // y may be x, dx may be dy.
  void (*norm)(apus_norm_kind kind, const float *x, const float *_Nullable gain, float gain_offset,
               const float *_Nullable bias, float epsilon, float *y, float *_Nullable mean, float *_Nullable rstd,
               size_t rows, size_t columns);
  void (*norm_backward_input)(apus_norm_kind kind, const float *x, const float *_Nullable gain, float gain_offset,
                              const float *_Nullable mean, const float *rstd, const float *dy, float *dx,
                              bool accumulate, size_t rows, size_t columns);
  // Adds to dgain and dbias, columns column_begin ..< column_end, row after row (bits independent of the split).
  void (*norm_backward_gain)(apus_norm_kind kind, const float *x, const float *_Nullable mean, const float *rstd,
                             const float *dy, float *dgain, float *_Nullable dbias, size_t rows, size_t columns,
                             size_t column_begin, size_t column_end);
  // sum[j] += x[0][j] + x[1][j] + ..., sequentially over rows, for columns column_begin ..< column_end.
  void (*column_sums)(const float *x, ptrdiff_t x_row, float *sum, size_t rows, size_t column_begin, size_t column_end);

  void (*softmax)(const float *x, float *y, size_t rows, size_t columns);
  void (*softmax_backward)(const float *y, const float *dy, float *dx, size_t rows, size_t columns);

  // Rotates the first `rotary_dim` features of `heads` heads in each row, in place. cosine and sine tables are
  // [position][rotary_dim / 2]; interleaved pairs (2i, 2i+1), else (i, i + rotary_dim / 2). direction -1 is the
  // inverse.
  void (*rope)(float *x, ptrdiff_t row, size_t heads, size_t head_dim, size_t rotary_dim, const float *cosine,
               const float *sine, const int32_t *positions, bool interleaved, int direction, size_t rows);

  size_t (*attention_scratch)(const apus_attention *a);                       // floats
  void (*attention)(const apus_attention *a, float *scratch);                  // one head of one segment
  // Row mode only; `output` and `log_sum_exp` as the forward pass left them. Adds to the gradients in a fixed order.
  size_t (*attention_backward_scratch)(const apus_attention *a);
  void (*attention_backward)(const apus_attention *a, const apus_attention_gradient *g, float *scratch);
  // Writes one position's key and value of one head into its cache block.
  void (*cache_write)(const float *key, const float *value, size_t head_dim, size_t slot, float *key_block,
                      float *value_block);

  // Cross-entropy by vocabulary chunks. State per row: running maximum and sum of exp(logit - maximum), and the
  // target's logit. `first` is the vocabulary index of logits[.][0]; start with maximum = -inf, sum = 0.
  void (*cross_entropy_update)(const float *logits, ptrdiff_t logits_row, size_t rows, size_t columns, size_t first,
                               const int32_t *targets, float *maximum, float *sum, float *target_logit);
  // logits become d loss / d logits = scale (softmax - onehot); rows with a negative target become 0.
  void (*cross_entropy_backward)(float *logits, ptrdiff_t logits_row, size_t rows, size_t columns, size_t first,
                                 const int32_t *targets, const float *maximum, const float *sum, float scale);

  // The sum of x[i] y[i], in an order that n alone decides.
  float (*dot)(const float *x, const float *y, size_t n);
  // Gathers rows of `table` [V, D]: y[t] = scale table[ids[t]]; added to y where `accumulate`.
  void (*gather)(const float *table, const int32_t *ids, float scale, float *y, bool accumulate, size_t rows,
                 size_t columns);
  // dtable[ids[t]] += scale dy[t], for columns column_begin ..< column_end, token after token.
  void (*scatter_add)(const float *dy, const int32_t *ids, float scale, float *dtable, size_t rows, size_t columns,
                      size_t column_begin, size_t column_end);

  // Philox 4x32-10, 0 <= rate < 1: y = x / (1 - rate) where kept, else 0 (added to y where `accumulate`). Element (t,
  // j) uses lane j % 4 of counter (j / 4, first_token + t, site, step) under key `seed`; kept when its 32-bit word >=
  // rate 2^32.
  void (*dropout)(const float *x, float *y, bool accumulate, float rate, uint64_t seed, uint32_t step, uint32_t site,
                  uint32_t first_token, size_t rows, size_t columns);

  // AdamW in PyTorch's order, one pass: p *= 1 - lr wd; g' = gradient_scale g; m, v; p -= lr/bc1 m / (sqrt(v)/sqrt(bc2)
  // + eps).
  void (*adamw)(float *p, const float *g, float *m, float *v, size_t n, float gradient_scale, float lr, float beta1,
                float beta2, float epsilon, float weight_decay, float bias_correction1, float bias_correction2);
  // Sum of squares in double, in one fixed order.
  double (*sum_of_squares)(const float *x, size_t n);

  void (*bfloat16_to_float)(const uint16_t *x, float *y, size_t n);
  void (*float_to_bfloat16)(const float *x, uint16_t *y, size_t n);            // round to nearest even; NaN stays NaN
  void (*float16_to_float)(const uint16_t *x, float *y, size_t n);
  void (*float_to_float16)(const float *x, uint16_t *y, size_t n);

  // n numbers of whole blocks, at any alignment, to float: with the bits of gguf-py, in every instruction set.
  void (*dequantize)(apus_numbers type, const void *bytes, float *y, size_t n);
  // The reverse, rounding as gguf-py does, for F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1; false, and nothing is
  // written, for the others.
  bool (*quantize)(apus_numbers type, const float *x, void *bytes, size_t n);
} apus_kernels;

// The table of an instruction set, or NULL where it is not compiled in or the processor lacks it.
const apus_kernels *_Nullable apus_kernels_for(apus_isa isa);
// The best table of this processor.
const apus_kernels *apus_kernels_best(void);
// By the name that APUS_ISA gives; NULL for an unknown name or one that the processor lacks.
const apus_kernels *_Nullable apus_kernels_named(const char *name);

// Busy arithmetic on registers for about `seconds`; returns GFLOP/s of float32 multiply-add (the measured peak).
double apus_measure_peak(const apus_kernels *k, double seconds);

#pragma clang assume_nonnull end
#endif
