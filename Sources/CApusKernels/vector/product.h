// Matrix product on packed panels, after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
// (2008): a tile of MR rows by one panel (NV vectors) lives in registers while k runs; MR rows of a stay in the first
// cache while B_BLOCK floats of panels pass by from the second, so that a row of c is written in longer runs than one
// panel.
//
// Every output is one chain of fused multiply-adds over k in order: blocks of k go through c, which stores floats
// exactly. So neither the block sizes nor the number of rows of a tile show in the bits.
//
// MR and NV come from vec.h: as many sums as the registers hold beside NV values of b and one of a.
#include "activations_inline.h"

#define PANEL (NV * W)
#define K_BLOCK 512
#define M_BLOCK (MR * 16)
#define B_BLOCK 49152
#define PREFETCH_STEPS (4096 / (PANEL * sizeof(float)))

// ---- Packing ----

// `rows` rows (at most W, a constant) of W values, turned, with zeros for those that a square lacks.
INLINE void transpose_square(size_t rows, const float *from, ptrdiff_t row, float *to, ptrdiff_t to_row) {
  vf square[W];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < W; i++) square[i] = i < rows ? vload(from + (ptrdiff_t)i * row) : vset(0);
  vtranspose(square);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < W; i++) vstore(to + (ptrdiff_t)i * to_row, square[i]);
}

// Columns side by side in memory: rows are copied.
static void pack_panel_rows(const float *b, ptrdiff_t b_k, size_t k_count, size_t columns, float *packed) {
  for (size_t k = 0; k < k_count; k++, b += b_k, packed += PANEL) {
    for (size_t j = 0; j < PANEL; j += W) {
      size_t count = j >= columns ? 0 : columns - j < W ? columns - j : W;
      vstore(packed + j, count == W ? vload(b + j) : vload_n(b + j, count));
    }
  }
}

// Steps of k side by side in memory: squares of W by W are transposed in registers.
static void pack_panel_columns(const float *b, ptrdiff_t b_n, size_t k_count, size_t columns, float *packed) {
  for (size_t j = 0; j < PANEL; j += W) {
    const float *corner = b + (ptrdiff_t)j * b_n;
    size_t k = 0;
    if (j + W <= columns)
      for (; k + W <= k_count; k += W) transpose_square(W, corner + k, b_n, packed + k * PANEL + j, PANEL);
    for (; k < k_count; k += W) {
      size_t steps = k_count - k < W ? k_count - k : W;
      vf square[W];
      for (size_t i = 0; i < W; i++)
        square[i] = j + i >= columns ? vset(0) : vload_n(corner + (ptrdiff_t)i * b_n + k, steps);
      vtranspose(square);
      for (size_t i = 0; i < steps; i++) vstore(packed + (k + i) * PANEL + j, square[i]);
    }
  }
}

static void pack_panel_any(const float *b, ptrdiff_t b_k, ptrdiff_t b_n, size_t k_count, size_t columns,
                           float *packed) {
  for (size_t k = 0; k < k_count; k++)
    for (size_t j = 0; j < PANEL; j++)
      packed[k * PANEL + j] = j < columns ? b[(ptrdiff_t)k * b_k + (ptrdiff_t)j * b_n] : 0;
}

static void pack(const float *b, ptrdiff_t b_k, ptrdiff_t b_n, size_t k_count, size_t n_count, size_t first_panel,
                 size_t end_panel, float *packed) {
  for (size_t panel = first_panel; panel < end_panel; panel++) {
    const float *from = b + (ptrdiff_t)(panel * PANEL) * b_n;
    float *to = packed + panel * PANEL * k_count;
    size_t columns = n_count - panel * PANEL < PANEL ? n_count - panel * PANEL : PANEL;
    if (b_n == 1) pack_panel_rows(from, b_k, k_count, columns, to);
    else if (b_k == 1) pack_panel_columns(from, b_n, k_count, columns, to);
    else pack_panel_any(from, b_k, b_n, k_count, columns, to);
  }
}

// ---- Tiles ----

// c[0 ..< rows][0 ..< PANEL] = (from_c ? c : 0) + a b over k_count steps, with `rows` a constant.
INLINE void tile(size_t rows, const float *a, ptrdiff_t a_row, ptrdiff_t a_k, const float *b, size_t k_count, float *c,
                 ptrdiff_t c_row, bool from_c) {
  vf sum[MR][NV];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (size_t j = 0; j < NV; j++) sum[i][j] = from_c ? vload(c + (ptrdiff_t)i * c_row + j * W) : vset(0);

  // Unrolled for the sake of machines whose two threads of a core share what decodes instructions.
#pragma clang loop unroll_count(4)
  for (size_t k = 0; k < k_count; k++, a += a_k, b += PANEL) {
    if (rows <= 2) {  // bound by memory: ask for the lines beyond the page at hand
      for (size_t j = 0; j < PANEL; j += 16) __builtin_prefetch(b + PREFETCH_STEPS * PANEL + j);
    }
    vf bk[NV];
#pragma clang loop unroll(full)
    for (size_t j = 0; j < NV; j++) bk[j] = vload(b + j * W);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
      vf ak = vset(a[(ptrdiff_t)i * a_row]);
#pragma clang loop unroll(full)
      for (size_t j = 0; j < NV; j++) sum[i][j] = vfma(ak, bk[j], sum[i][j]);
    }
  }

#pragma clang loop unroll(full)
  for (size_t i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (size_t j = 0; j < NV; j++) vstore(c + (ptrdiff_t)i * c_row + j * W, sum[i][j]);
}

typedef void (*tile_function)(const float *a, ptrdiff_t a_row, const float *b, size_t k_count, float *c,
                              ptrdiff_t c_row, bool from_c);

// direct_R reads R rows of a in place, packed_R values that lie R by R.
#define APUS_TILE(R)                                                                                               \
  static void direct_##R(const float *a, ptrdiff_t a_row, const float *b, size_t k_count, float *c, ptrdiff_t c_row, \
                         bool from_c) {                                                                            \
    tile(R, a, a_row, 1, b, k_count, c, c_row, from_c);                                                            \
  }                                                                                                                \
  static void packed_##R(const float *a, ptrdiff_t a_row, const float *b, size_t k_count, float *c, ptrdiff_t c_row, \
                         bool from_c) {                                                                            \
    (void)a_row;                                                                                                   \
    tile(R, a, 1, R, b, k_count, c, c_row, from_c);                                                                \
  }
#define APUS_DIRECT(R) direct_##R,
#define APUS_PACKED(R) packed_##R,
APUS_TILE_ROWS(APUS_TILE)
static const tile_function direct_tiles[] = {NULL, APUS_TILE_ROWS(APUS_DIRECT)};
static const tile_function packed_tiles[] = {NULL, APUS_TILE_ROWS(APUS_PACKED)};

// Bias, activation and residual on a tile that has its sums in c, with the function a constant.
INLINE void epilogue_of(apus_activation f, const apus_product *p, size_t m, size_t rows, size_t n, size_t columns) {
  for (size_t i = m; i < m + rows; i++) {
    float *c = p->c + (ptrdiff_t)i * p->c_row + n;
    for (size_t j = 0; j < columns; j += W) {
      size_t count = columns - j < W ? columns - j : W;
      bool whole = count == W;
      vf x = whole ? vload(c + j) : vload_n(c + j, count);
      if (p->bias) x += whole ? vload(p->bias + n + j) : vload_n(p->bias + n + j, count);
      if (p->preactivation) {
        float *kept = p->preactivation + (ptrdiff_t)i * p->c_row + n + j;
        if (whole) vstore(kept, x);
        else vstore_n(kept, x, count);
      }
      x = vactivation(f, x);
      if (p->residual) {
        const float *residual = p->residual + (ptrdiff_t)i * p->residual_row + n + j;
        x += whole ? vload(residual) : vload_n(residual, count);
      }
      if (whole) vstore(c + j, x);
      else vstore_n(c + j, x, count);
    }
  }
}

static void epilogue(const apus_product *p, size_t m, size_t rows, size_t n, size_t columns) {
#define TILE_EPILOGUE(f) epilogue_of(f, p, m, rows, n, columns)
  APUS_FOR_ACTIVATION(p->activation, TILE_EPILOGUE)
#undef TILE_EPILOGUE
}

INLINE bool has_epilogue(const apus_product *p) {
  return p->bias || p->preactivation || p->residual || p->activation != APUS_ACTIVATION_NONE;
}

// Asks for the residual of a tile, which the epilogue reads when the sums are done.
static void prefetch_residual(const apus_product *p, size_t m, size_t rows, size_t n) {
  for (size_t i = m; i < m + rows; i++)
    for (size_t j = 0; j < PANEL; j += 16) __builtin_prefetch(p->residual + (ptrdiff_t)i * p->residual_row + n + j);
}

// ---- Blocks ----

#define PACK_SURPLUS ((MR + W - 1) / W * W - MR)

// Copies rows m_begin ..< m_end of steps k ..< k + steps of a so that each tile reads its MR rows step after step: row
// by row in memory, for a strided a has its rows side by side.
static void pack_rows(const apus_product *p, size_t m_begin, size_t m_end, size_t k, size_t steps, float *packed) {
  size_t whole = (m_end - m_begin) / MR, rest = (m_end - m_begin) % MR;
  for (size_t s = 0; s < steps; s++) {
    const float *a = p->a + (ptrdiff_t)m_begin * p->a_row + (ptrdiff_t)(k + s) * p->a_k;
    float *to = packed + s * MR;
    // Whole vectors write beyond a tile's step, where the next step overwrites them; so not in the last.
    size_t by_vectors = p->a_row == 1 && s + 1 < steps ? whole : 0;
    if (by_vectors * MR + PACK_SURPLUS > m_end - m_begin && by_vectors) by_vectors--;  // nor beyond the row
    for (size_t tile = 0; tile < by_vectors; tile++, a += MR, to += MR * steps)
      for (size_t i = 0; i < MR; i += W) vstore(to + i, vload(a + i));
    for (size_t tile = by_vectors; tile < whole; tile++, a += MR * p->a_row, to += MR * steps)
      for (size_t i = 0; i < MR; i++) to[i] = a[(ptrdiff_t)i * p->a_row];
    to = packed + whole * MR * steps + s * rest;
    for (size_t i = 0; i < rest; i++) to[i] = a[(ptrdiff_t)i * p->a_row];
  }
}

// The same of R rows that lie step by step in memory, each step `stride` behind the one before, both constants: squares
// of W by W are transposed in registers. Writes up to W - 1 values beyond the last step where `may_spill`.
INLINE void pack_columns(size_t R, size_t stride, const float *a, ptrdiff_t a_row, size_t steps, float *packed,
                         bool may_spill) {
#pragma clang loop unroll(full)
  for (size_t first = 0; first < R; first += W) {
    const size_t rows = R - first < W ? R - first : W;
    const float *corner = a + (ptrdiff_t)first * a_row;
    size_t s = 0;
    for (; s + W + !may_spill <= steps; s += W)
      transpose_square(rows, corner + s, a_row, packed + s * stride + first, (ptrdiff_t)stride);
    for (; s < steps; s += W) {
      size_t count = steps - s < W ? steps - s : W;
      vf square[W];
      for (size_t i = 0; i < W; i++)
        square[i] = i < rows ? vload_n(corner + (ptrdiff_t)i * a_row + s, count) : vset(0);
      vtranspose(square);
      float *to = packed + s * stride + first;
      for (size_t i = 0; i < count; i++, to += stride) {
        if (may_spill || s + i + 1 < steps) vstore(to, square[i]);
        else vstore_n(to, square[i], rows);
      }
    }
  }
}

// What spills over the last step of a tile falls into the first of the next, which is written later.
_Static_assert((MR <= W && W <= 2 * MR) || MR % W == 0, "a square would spill over more than the next step");
static void pack_tile(const float *a, ptrdiff_t a_row, size_t steps, float *packed, bool may_spill) {
  pack_columns(MR, MR, a, a_row, steps, packed, may_spill);
}

// The sums of one tile over one block of k; the columns of a partial panel pass through a whole one.
static void run_tile(const apus_product *p, tile_function function, const float *a, const float *b, size_t steps,
                     size_t m, size_t rows, size_t n, size_t columns, bool from_c) {
  float *c = p->c + (ptrdiff_t)m * p->c_row + (ptrdiff_t)n;
  if (columns == PANEL) {
    function(a, p->a_row, b, steps, c, p->c_row, from_c);
    return;
  }
  float whole[MR * PANEL] = {0};
  if (from_c)
    for (size_t i = 0; i < rows; i++)
      for (size_t j = 0; j < columns; j++) whole[i * PANEL + j] = c[(ptrdiff_t)i * p->c_row + (ptrdiff_t)j];
  function(a, p->a_row, b, steps, whole, PANEL, from_c);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) c[(ptrdiff_t)i * p->c_row + (ptrdiff_t)j] = whole[i * PANEL + j];
}

// Rows that lie step by step are read in place, unless so many panels make up for bringing them together. Fewer do
// where the rows of a tile are pages apart and more than the lines that the first cache holds of one place in a page
// (eight on Zen, twelve on Sapphire Rapids). 16 was measured on Zen 3 with AVX2, 4 on Zen 4 with AVX-512 at 1024³;
// other strides were not measured with AVX-512.
#define PAGE 1024
#define LINES_OF_A_PLACE 8
INLINE size_t panels_worth_packing(ptrdiff_t a_row) { return MR > LINES_OF_A_PLACE && a_row % PAGE == 0 ? 4 : 16; }

// Rows m_begin ..< m_end (at most M_BLOCK) of the panels, steps k ..< k + steps.
static void block(const apus_product *p, size_t m_begin, size_t m_end, size_t panel_begin, size_t panel_end, size_t k,
                  size_t steps, float *scratch) {
  bool is_strided = p->a_k != 1;
  size_t packed_rows = is_strided ? m_end - m_begin
                       : panel_end - panel_begin >= panels_worth_packing(p->a_row) ? (m_end - m_begin) / MR * MR : 0;
  bool finishes = k + steps == p->k && has_epilogue(p);
  bool from_c = p->accumulate || k > 0;
  if (is_strided) {
    pack_rows(p, m_begin, m_end, k, steps, scratch);
  } else {
    for (size_t m = 0; m < packed_rows; m += MR)
      pack_tile(p->a + (ptrdiff_t)(m_begin + m) * p->a_row + (ptrdiff_t)k, p->a_row, steps, scratch + m * steps,
                m + MR < packed_rows);
  }
  size_t at_once = steps == 0 || steps * PANEL > B_BLOCK ? 1 : B_BLOCK / (steps * PANEL);
  for (size_t first = panel_begin; first < panel_end; first += at_once) {
    size_t end = panel_end - first < at_once ? panel_end : first + at_once;
    for (size_t m = m_begin; m < m_end; m += MR) {
      size_t rows = m_end - m < MR ? m_end - m : MR;
      bool is_packed = m - m_begin < packed_rows;
      const float *a = is_packed ? scratch + (m - m_begin) * steps : p->a + (ptrdiff_t)m * p->a_row + (ptrdiff_t)k;
      tile_function function = (is_packed ? packed_tiles : direct_tiles)[rows];
      for (size_t panel = first; panel < end; panel++) {
        size_t n = panel * PANEL;
        size_t columns = p->n - n < PANEL ? p->n - n : PANEL;
        if (finishes && p->residual) prefetch_residual(p, m, rows, n);
        run_tile(p, function, a, p->b + (panel * p->k + k) * PANEL, steps, m, rows, n, columns, from_c);
        if (finishes) epilogue(p, m, rows, n, columns);
      }
    }
  }
}

static void product(const apus_product *p, size_t m_begin, size_t m_end, size_t panel_begin, size_t panel_end,
                    float *scratch) {
  for (size_t m = m_begin; m < m_end; m += M_BLOCK) {
    size_t end = m_end - m < M_BLOCK ? m_end : m + M_BLOCK;
    // Fewer rows than a tile are never packed and read each panel once: no reason to leave it for another block.
    bool whole_k = p->a_k == 1 && end - m < MR;
    size_t blocks = whole_k ? 1 : (p->k + K_BLOCK - 1) / K_BLOCK;
    size_t k_block = blocks ? (p->k + blocks - 1) / blocks : 1;
    size_t k = 0;
    do {  // once for k = 0 too, which is a product of zeros
      size_t steps = p->k - k < k_block ? p->k - k : k_block;
      block(p, m, end, panel_begin, panel_end, k, steps, scratch);
      k += steps;
    } while (k < p->k);
  }
}

#include "product_few_rows.h"

void FILL(product)(apus_kernels *k) {
  k->panel = PANEL;
  k->tile_rows = MR;
  k->pack = pack;
  k->product = product;
  k->product_scratch = M_BLOCK * K_BLOCK;
  k->product_of_few_rows = product_of_few_rows;
  k->few_rows = FEW_ROWS;
}
