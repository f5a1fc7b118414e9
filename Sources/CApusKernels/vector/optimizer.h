// AdamW (Loshchilov and Hutter, arXiv:1711.05101) in the order of operations of PyTorch, one pass over memory.
#include "lanes.h"

typedef struct {
  float gradient_scale, new1, beta2, new2, keep, step, root, epsilon;
} adamw_constants;

INLINE void adamw_vector(const adamw_constants *c, vf *p, vf g, vf *m, vf *v) {
  vf d = g * c->gradient_scale;
  *m = vfma(d - *m, vset(c->new1), *m);
  *v = vfma(d * d, vset(c->new2), *v * c->beta2);
  vf denominator = vsqrt(*v) / c->root + c->epsilon;
  *p = vfma(*m / denominator, vset(-c->step), *p * c->keep);
}

static void adamw(float *p, const float *g, float *m, float *v, size_t n, float gradient_scale, float lr, float beta1,
                  float beta2, float epsilon, float weight_decay, float bias_correction1, float bias_correction2) {
  const adamw_constants c = {
      .gradient_scale = gradient_scale,
      .new1 = 1 - beta1,
      .beta2 = beta2,
      .new2 = 1 - beta2,
      .keep = (float)(1 - (double)lr * weight_decay),
      .step = (float)((double)lr / bias_correction1),
      .root = (float)__builtin_sqrt((double)bias_correction2),
      .epsilon = epsilon,
  };
  size_t i = 0;
  for (; i + W <= n; i += W) {
    vf pi = vload(p + i), mi = vload(m + i), vi_ = vload(v + i);
    adamw_vector(&c, &pi, vload(g + i), &mi, &vi_);
    vstore(p + i, pi), vstore(m + i, mi), vstore(v + i, vi_);
  }
  if (i == n) return;
  size_t rest = n - i;
  vf pi = vload_n(p + i, rest), mi = vload_n(m + i, rest), vi_ = vload_n(v + i, rest);
  adamw_vector(&c, &pi, vload_n(g + i, rest), &mi, &vi_);
  vstore_n(p + i, pi, rest), vstore_n(m + i, mi, rest), vstore_n(v + i, vi_, rest);
}

void FILL(optimizer)(apus_kernels *k) { k->adamw = adamw; }
