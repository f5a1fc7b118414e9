// AdamW (Loshchilov and Hutter, arXiv:1711.05101) in the order of operations of PyTorch.
#include <math.h>

#include "../families.h"

static void adamw(float *p, const float *g, float *m, float *v, size_t n, float gradient_scale, float lr, float beta1,
                  float beta2, float epsilon, float weight_decay, float bias_correction1, float bias_correction2) {
  float keep = (float)(1 - (double)lr * weight_decay);
  float step = (float)((double)lr / bias_correction1);
  float root = (float)sqrt((double)bias_correction2);
  float new1 = 1 - beta1, new2 = 1 - beta2;
  for (size_t i = 0; i < n; i++) {
    float d = gradient_scale * g[i];
    m[i] += new1 * (d - m[i]);
    v[i] = beta2 * v[i] + new2 * d * d;
    p[i] = keep * p[i] - step * (m[i] / (sqrtf(v[i]) / root + epsilon));
  }
}

void apus_fill_optimizer_scalar(apus_kernels *k) { k->adamw = adamw; }
