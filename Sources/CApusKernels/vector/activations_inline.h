// The activation functions with their derivatives, on one vector. `f` is a constant where these are expanded, so the
// switch costs nothing.
//
// GELU's tanh form is written as x s(2u), s the logistic function, since (1 + tanh u) / 2 = s(2u): cheaper, and right
// to the last places for negative x, where 1 + tanh u cancels.
#ifndef APUS_ACTIVATIONS_INLINE_H
#define APUS_ACTIVATIONS_INLINE_H

#include "functions_inline.h"

#define APUS_GELU_SCALE 1.5957691216057308f  // 2 sqrt(2 / pi)
#define APUS_GELU_CUBIC 0.044715f
#define APUS_SQRT_HALF 0.7071067811865476f
#define APUS_INVERSE_SQRT_TWO_PI 0.3989422804014327f

// f(x) and f'(x) at once: they share their dear part.
INLINE void vactivation_and_derivative(apus_activation f, vf x, vf *value, vf *slope) {
  switch (f) {
    case APUS_ACTIVATION_NONE:
      *value = x;
      *slope = vset(1);
      break;
    case APUS_ACTIVATION_RELU:
      *value = vselect(x < vset(0), vset(0), x);
      *slope = vselect(x > vset(0), vset(1), vset(0));
      break;
    case APUS_ACTIVATION_GELU_ERF: {
      vf phi = verf(x * APUS_SQRT_HALF) * 0.5f + 0.5f;
      *value = x * phi;
      *slope = vfma(x * APUS_INVERSE_SQRT_TWO_PI, vexp(x * x * -0.5f), phi);
      break;
    }
    case APUS_ACTIVATION_GELU_TANH: {
      vf s = vsigmoid(x * vfma(x * x, vset(APUS_GELU_SCALE * APUS_GELU_CUBIC), vset(APUS_GELU_SCALE)));
      vf near = vmax(vset(-100), vmin(vset(100), x));  // beyond, s (1 - s) is 0, and x^3 shall not overflow
      vf inner = vfma(near * near, vset(3 * APUS_GELU_SCALE * APUS_GELU_CUBIC), vset(APUS_GELU_SCALE));
      *value = x * s;
      *slope = vfma(near * inner, s * (1.0f - s), s);
      break;
    }
    case APUS_ACTIVATION_SILU: {
      vf s = vsigmoid(x);
      *value = x * s;
      *slope = s * vfma(x, 1.0f - s, vset(1));
      break;
    }
  }
}

INLINE vf vactivation(apus_activation f, vf x) {
  vf value, slope;
  vactivation_and_derivative(f, x, &value, &slope);
  return value;
}

INLINE vf vderivative(apus_activation f, vf x) {
  vf value, slope;
  vactivation_and_derivative(f, x, &value, &slope);
  return slope;
}

// Expands `loop(f)` for the function chosen at run time, with f a constant inside.
#define APUS_FOR_ACTIVATION(f, loop)              \
  switch (f) {                                    \
    case APUS_ACTIVATION_NONE:                    \
      loop(APUS_ACTIVATION_NONE);                 \
      break;                                      \
    case APUS_ACTIVATION_RELU:                    \
      loop(APUS_ACTIVATION_RELU);                 \
      break;                                      \
    case APUS_ACTIVATION_GELU_ERF:                \
      loop(APUS_ACTIVATION_GELU_ERF);             \
      break;                                      \
    case APUS_ACTIVATION_GELU_TANH:               \
      loop(APUS_ACTIVATION_GELU_TANH);            \
      break;                                      \
    case APUS_ACTIVATION_SILU:                    \
      loop(APUS_ACTIVATION_SILU);                 \
      break;                                      \
  }

#endif
