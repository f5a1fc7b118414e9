// The activation functions and their derivatives, one value at a time, by the C library.
#ifndef APUS_SCALAR_ACTIVATIONS_H
#define APUS_SCALAR_ACTIVATIONS_H

#include <math.h>

#include "../families.h"

// sqrt(2 / pi) and the cubic term of Hendrycks and Gimpel's approximation (arXiv:1606.08415).
#define GELU_TANH_SCALE 0.7978845608028654f
#define GELU_TANH_CUBIC 0.044715f
#define SQRT_HALF 0.7071067811865476f
#define INVERSE_SQRT_TWO_PI 0.3989422804014327f

static inline float scalar_sigmoid(float x) {
  float e = expf(-fabsf(x));  // never overflows
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

static inline float scalar_activation(apus_activation f, float x) {
  switch (f) {
    case APUS_ACTIVATION_NONE:
      return x;
    case APUS_ACTIVATION_RELU:
      return x < 0 ? 0 : x;
    case APUS_ACTIVATION_GELU_ERF:
      return 0.5f * x * (1 + erff(x * SQRT_HALF));
    case APUS_ACTIVATION_GELU_TANH:
      return 0.5f * x * (1 + tanhf(GELU_TANH_SCALE * (x + GELU_TANH_CUBIC * x * x * x)));
    case APUS_ACTIVATION_SILU:
      return x * scalar_sigmoid(x);
  }
  return x;
}

static inline float scalar_derivative(apus_activation f, float x) {
  switch (f) {
    case APUS_ACTIVATION_NONE:
      return 1;
    case APUS_ACTIVATION_RELU:
      return x > 0 ? 1 : 0;
    case APUS_ACTIVATION_GELU_ERF:
      return 0.5f * (1 + erff(x * SQRT_HALF)) + x * INVERSE_SQRT_TWO_PI * expf(-0.5f * x * x);
    case APUS_ACTIVATION_GELU_TANH: {
      float t = tanhf(GELU_TANH_SCALE * (x + GELU_TANH_CUBIC * x * x * x));
      float near = fmaxf(-100, fminf(100, x));  // beyond, 1 - t * t is 0, and the cube shall not overflow
      float slope = GELU_TANH_SCALE * (1 + 3 * GELU_TANH_CUBIC * near * near);
      return 0.5f * (1 + t) + 0.5f * near * (1 - t * t) * slope;
    }
    case APUS_ACTIVATION_SILU: {
      float s = scalar_sigmoid(x);
      return s * (1 + x * (1 - s));
    }
  }
  return 1;
}

#endif
