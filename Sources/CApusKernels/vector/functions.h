// exp, tanh, erf and the logistic function over arrays.
#include "functions_inline.h"

#define APUS_MAP(function)                                              \
  static void map_##function(const float *x, float *y, size_t n) {      \
    size_t i = 0;                                                       \
    for (; i + W <= n; i += W) vstore(y + i, v##function(vload(x + i))); \
    if (i < n) vstore_n(y + i, v##function(vload_n(x + i, n - i)), n - i); \
  }
APUS_MAP(exp)
APUS_MAP(tanh)
APUS_MAP(erf)
APUS_MAP(sigmoid)

void FILL(functions)(apus_kernels *k) {
  k->exp = map_exp;
  k->tanh = map_tanh;
  k->erf = map_erf;
  k->sigmoid = map_sigmoid;
}
