// Activations with their derivatives: https://docs.pytorch.org/docs/stable/nn.functional.html
#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "mathematics.h"

typedef struct {
  float value, slope;
} pair;

INLINE pair identity(float x, float a) { return (pair){x, 1.0f}; }
INLINE pair relu(float x, float a) { return (pair){x < 0.0f ? 0.0f : x, x > 0.0f ? 1.0f : 0.0f}; }
INLINE pair leaky_relu(float x, float a) {
  return (pair){x < 0.0f ? a * x : x, x > 0.0f ? 1.0f : a};
}

INLINE pair gelu_erf(float x, float a) {
  float distribution, density;
  normal_distribution(x, &distribution, &density);
  return (pair){x * distribution, distribution + x * density};
}

INLINE pair gelu_tanh(float x, float a) {
  const float c = 0.797884561f, k = 0.044715f;  // sqrt(2 / pi), Hendrycks & Gimpel 2016
  float t = hyperbolic_tangent(c * (x + k * x * x * x));
  float inner = c * (1.0f + 3.0f * k * x * x);
  // 1 + t and 1 - t^2 lose digits where t is near -1; there x * (1 + t) is below 1e-3 anyway.
  return (pair){0.5f * x * (1.0f + t), 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner};
}

INLINE pair silu(float x, float a) {
  float s = 1.0f / (1.0f + exponential(-x));
  return (pair){x * s, s * (1.0f + x * (1.0f - s))};
}

INLINE pair sine(float x, float a) {
  pair p;
  sine_and_cosine(x, &p.value, &p.slope);
  return p;
}

INLINE pair tangent(float x, float a) {
  float t = hyperbolic_tangent(x);
  return (pair){t, 1.0f - t * t};
}

INLINE pair power(float x, float a) {
  float e = exponential(x);
  return (pair){e, e};
}

// x tanh(ln(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2), in which nothing cancels.
INLINE pair mish(float x, float a) {
  float e = exponential(minimum(x, 20.0f));
  float n = e * (e + 2.0f), reciprocal = 1.0f / (n + 2.0f), t = n * reciprocal;
  float s = e / (1.0f + e);
  return (pair){x * t, t + x * s * 4.0f * (n + 1.0f) * reciprocal * reciprocal};
}

// One loop a function, with and without slope, so that each is straight vector code. Pointers are
// not restrict: output or slope may be the input; each element is read before it is written.
#define LOOP(FUNCTION, SLOPE)                            \
  _Pragma("clang loop vectorize(assume_safety)")         \
  for (size_t i = 0; i < count; i++) {                   \
    pair p = FUNCTION(input[i], parameter);              \
    SLOPE;                                               \
    output[i] = p.value;                                 \
  }

#define KERNEL(FUNCTION)                                                                    \
  CLONES static void run_##FUNCTION(float *output, float *slope, const float *input,        \
                                    float parameter, size_t count) {                        \
    if (slope != NULL) {                                                                    \
      LOOP(FUNCTION, slope[i] = p.slope)                                                    \
    } else {                                                                                \
      LOOP(FUNCTION, )                                                                      \
    }                                                                                       \
  }

// Far from 0 the reduction to a period loses digits: there libm's sine, rarely needed.
CLONES static void run_sine(float *output, float *slope, const float *input, float parameter,
                            size_t count) {
  enum { block = 64 };
  const float far = 4096.0f;
  float kept[block];
  for (size_t start = 0; start < count; start += block) {
    size_t length = count - start < block ? count - start : block;
    memcpy(kept, input + start, length * sizeof(float));
    float largest = 0.0f;
    for (size_t i = 0; i < length; i++) largest = maximum(largest, __builtin_fabsf(kept[i]));
    if (slope != NULL) {
      for (size_t i = 0; i < length; i++) {
        pair p = sine(kept[i], parameter);
        slope[start + i] = p.slope;
        output[start + i] = p.value;
      }
    } else {
      for (size_t i = 0; i < length; i++) output[start + i] = sine(kept[i], parameter).value;
    }
    for (size_t i = 0; largest > far && i < length; i++) {
      if (__builtin_fabsf(kept[i]) <= far) continue;
      output[start + i] = sinf(kept[i]);
      if (slope != NULL) slope[start + i] = cosf(kept[i]);
    }
  }
}

KERNEL(identity)
KERNEL(relu)
KERNEL(leaky_relu)
KERNEL(gelu_erf)
KERNEL(gelu_tanh)
KERNEL(silu)
KERNEL(tangent)
KERNEL(mish)
KERNEL(power)

void CKernels_activation_forward(float *output, float *slope, const float *input,
                                 CKernels_activation kind, float parameter, size_t count) {
  static void (*const kernels[])(float *, float *, const float *, float, size_t) = {
      [CKernels_identity] = run_identity, [CKernels_relu] = run_relu,
      [CKernels_leaky_relu] = run_leaky_relu, [CKernels_gelu_erf] = run_gelu_erf,
      [CKernels_gelu_tanh] = run_gelu_tanh, [CKernels_silu] = run_silu,
      [CKernels_sine] = run_sine, [CKernels_tanh] = run_tangent,
      [CKernels_mish] = run_mish,         [CKernels_exponential] = run_power,
  };
  kernels[kind](output, slope, input, parameter, count);
}
