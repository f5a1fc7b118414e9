// Matrix product, the plain way: one output at a time.
#include <math.h>

#include "../families.h"
#include "activations.h"

#define PANEL 8

static void pack(const float *b, ptrdiff_t b_k, ptrdiff_t b_n, size_t k_count, size_t n_count, size_t first_panel,
                 size_t end_panel, float *packed) {
  for (size_t panel = first_panel; panel < end_panel; panel++) {
    for (size_t k = 0; k < k_count; k++) {
      for (size_t j = 0; j < PANEL; j++) {
        size_t n = panel * PANEL + j;
        packed[(panel * k_count + k) * PANEL + j] = n < n_count ? b[(ptrdiff_t)k * b_k + (ptrdiff_t)n * b_n] : 0;
      }
    }
  }
}

// One output; element k of its column at b[k * b_k].
static void output(const apus_product *p, size_t m, size_t n, const float *b, ptrdiff_t b_k) {
  const float *a = p->a + (ptrdiff_t)m * p->a_row;
  float *c = p->c + (ptrdiff_t)m * p->c_row + n;
  float sum = p->accumulate ? *c : 0;
  for (ptrdiff_t k = 0; k < (ptrdiff_t)p->k; k++) sum += a[k * p->a_k] * b[k * b_k];
  if (p->bias) sum += p->bias[n];
  if (p->preactivation) p->preactivation[(ptrdiff_t)m * p->c_row + n] = sum;
  sum = scalar_activation(p->activation, sum);
  if (p->residual) sum += p->residual[(ptrdiff_t)m * p->residual_row + n];
  *c = sum;
}

static void product(const apus_product *p, size_t m_begin, size_t m_end, size_t panel_begin, size_t panel_end,
                    float *scratch) {
  (void)scratch;
  size_t n_end = panel_end * PANEL < p->n ? panel_end * PANEL : p->n;
  for (size_t m = m_begin; m < m_end; m++)
    for (size_t n = panel_begin * PANEL; n < n_end; n++)
      output(p, m, n, p->b + n / PANEL * PANEL * p->k + n % PANEL, PANEL);
}

static void product_of_few_rows(const apus_product *p, ptrdiff_t b_n, size_t n_begin, size_t n_end, float *scratch) {
  (void)scratch;
  for (size_t m = 0; m < p->m; m++)
    for (size_t n = n_begin; n < n_end; n++) output(p, m, n, p->b + (ptrdiff_t)n * b_n, 1);
}

void apus_fill_product_scalar(apus_kernels *k) {
  k->panel = PANEL;
  k->tile_rows = 1;
  k->pack = pack;
  k->product = product;
  k->product_scratch = 0;
  k->product_of_few_rows = product_of_few_rows;
  k->few_rows = 8;
}

// Independent chains of multiply-adds on registers; the result is stored so that it is not optimised away.
double apus_peak_scalar(uint64_t rounds) {
  enum { CHAINS = 8 };
  float x[CHAINS];
  volatile float multiplier = 0.999f;
  float factor = multiplier;
  for (int i = 0; i < CHAINS; i++) x[i] = factor;
  for (uint64_t round = 0; round < rounds; round++)
    for (int i = 0; i < CHAINS; i++) x[i] = x[i] * factor + factor;
  for (int i = 0; i < CHAINS; i++) multiplier = x[i];
  return 2.0 * CHAINS * (double)rounds;
}
