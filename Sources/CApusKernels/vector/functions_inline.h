// exp, tanh, erf and the logistic function on one vector, for all kernels that need them inside their loops. Without
// branches, right for every input: infinities, NaN (stays NaN), denormals.
//
// Largest errors over all floats, against the C library in double (Tests/ApusKernelTests/FunctionTests.swift measures
// them):
//   vexp 1.0 ulp, vtanh 2.5 ulp, verf 1.2 ulp, vsigmoid 2.4 ulp.
// Method: exp by Cody and Waite's reduction x = n ln 2 + r and a polynomial in r; the polynomials are minimax fits
// (Remez) made for these intervals.
#ifndef APUS_FUNCTIONS_INLINE_H
#define APUS_FUNCTIONS_INLINE_H

#include "lanes.h"

// n = round(x / ln 2) as float and as integer, by adding a number whose last place is 1; r = x - n ln 2.
#define APUS_ROUNDER 12582912.0f  // 1.5 * 2^23
#define APUS_LOG2_E 1.44269504f
#define APUS_LN2_HIGH 0x1.62e4p-1f
#define APUS_LN2_LOW 0x1.7f7d1cf8p-20f

INLINE vf vreduce(vf x, vi *n) {
  vf shifted = vfma(x, vset(APUS_LOG2_E), vset(APUS_ROUNDER));
  vf whole = shifted - APUS_ROUNDER;
  *n = (vi)shifted - (vi)vset(APUS_ROUNDER);
  vf r = vfma(whole, vset(-APUS_LN2_HIGH), x);
  return vfma(whole, vset(-APUS_LN2_LOW), r);
}

// exp(r) - 1 for |r| <= ln 2 / 2: r + r^2 q(r), to 2^-28.
INLINE vf vexpm1_reduced(vf r) {
  vf q = vfma(vset(0x1.6a26aap-10f), r, vset(0x1.12394cp-7f));
  q = vfma(q, r, vset(0x1.5558eap-5f));
  q = vfma(q, r, vset(0x1.555492p-3f));
  q = vfma(q, r, vset(0x1.fffffcp-2f));
  return vfma(r * r, q, r);
}

// 2^n for -126 <= n <= 127.
INLINE vf vpower_of_two(vi n) { return (vf)((n + 127) << 23); }

INLINE vf vexp(vf x) {
  x = vmax(vset(-104.0f), vmin(vset(89.0f), x));  // beyond: 0 and infinity
  vi n;
  vf r = vreduce(x, &n);
  vf e = vexpm1_reduced(r) + 1.0f;
  vi half = n >> 1;  // two steps, so that denormal results are rounded once and large ones overflow
  return e * vpower_of_two(half) * vpower_of_two(n - half);
}

// e / (e + 2) with e = exp(2|x|) - 1, which keeps small x exact.
INLINE vf vtanh(vf x) {
  vf a = vmin(vset(10.0f), vabs(x));  // tanh(10) rounds to 1
  vi n;
  vf r = vreduce(a + a, &n);
  vf power = vpower_of_two(n);
  vf e = vfma(power, vexpm1_reduced(r), power - 1.0f);
  return vcopysign(e / (e + 2.0f), x);
}

// 1 / (1 + exp(-x)); 0 where that is no normal number.
INLINE vf vsigmoid(vf x) {
  vf a = vmax(vset(-88.0f), vmin(vset(89.0f), -x));
  vi n;
  vf r = vreduce(a, &n);
  vf e = (vexpm1_reduced(r) + 1.0f) * vpower_of_two(n);  // -127 <= n <= 128: from 0 to infinity
  return 1.0f / (e + 1.0f);
}

// Below 0.92: x + x p(x^2). Above: 1 - exp(-q(|x|)), where q fits -log erfc; from 4 on it is 1.
INLINE vf verf(vf x) {
  vf t = x * x;
  vf p = vfma(vset(0x1.5f953ep-14f), t, vset(-0x1.ab105cp-11f));
  p = vfma(p, t, vset(0x1.54df1ap-8f));
  p = vfma(p, t, vset(-0x1.b810e8p-6f));
  p = vfma(p, t, vset(0x1.ce2e24p-4f));
  p = vfma(p, t, vset(-0x1.812744p-2f));
  p = vfma(p, t, vset(0x1.06eba8p-3f));
  vf small = vfma(x, p, x);

  vf a = vmin(vset(4.0f), vabs(x));
  vf q = vfma(vset(-0x1.9fb22ep-13f), a, vset(0x1.91ccacp-9f));
  q = vfma(q, a, vset(-0x1.6d9cbcp-6f));
  q = vfma(q, a, vset(0x1.aa7314p-4f));
  q = vfma(q, a, vset(0x1.4621bcp-1f));
  q = vfma(q, a, vset(0x1.20b752p+0f));
  q = vfma(q, a, vset(0x1.5d1314p-13f));
  vf large = vcopysign(1.0f - vexp(-q), x);
  return vselect(vabs(x) < vset(0.92f), small, large);
}

#endif
