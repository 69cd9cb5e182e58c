// Branch-free float functions that the compiler vectorises inside a loop. libm's are accurate to
// the last bit but are calls; these are within a few units in the last place.
#ifndef CKERNELS_MATHEMATICS_H
#define CKERNELS_MATHEMATICS_H

#include <stdint.h>
#include <string.h>

#include "versions.h"

INLINE float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

INLINE uint32_t to_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

INLINE float minimum(float a, float b) { return a < b ? a : b; }
INLINE float maximum(float a, float b) { return a > b ? a : b; }

// e^x for x in [-87.3, 88.3], clamped outside: x = n ln 2 + r, Taylor's polynomial of degree 6 in
// r. A NaN comes out as a NaN, so that a diverged training shows.
INLINE float exponential(float x) {
  float clamped = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
  float n = __builtin_elementwise_rint(clamped * 1.44269504f);
  float r = clamped - n * 0.693145752f;
  r = r - n * 1.42860677e-6f;
  float p = 1.3888889e-3f;
  p = p * r + 8.3333333e-3f;
  p = p * r + 4.1666667e-2f;
  p = p * r + 1.6666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  float scaled = p * from_bits((uint32_t)((int32_t)(n == n ? n : 0.0f) + 127) << 23);
  return x == x ? scaled : x;
}

// ln x for normal positive x: x = 2^n m with m in [sqrt(1/2), sqrt(2)), then the series of
// 2 artanh(s), s = (m - 1) / (m + 1).
INLINE float logarithm(float x) {
  uint32_t bits = to_bits(x);
  int32_t exponent = (int32_t)(bits - 0x3F3504F3u) >> 23;
  float m = from_bits(bits - ((uint32_t)exponent << 23));
  float s = (m - 1.0f) / (m + 1.0f);
  float z = s * s;
  float p = 0.2222222f;
  p = p * z + 0.28571429f;
  p = p * z + 0.4f;
  p = p * z + 0.66666667f;
  return (float)exponent * 0.69314718f + (2.0f * s + s * z * p);
}

// sin x and cos x: x = n pi + r with |r| <= pi / 2; good to 3e-7 for |x| <= 4096.
INLINE void sine_and_cosine(float x, float *sine, float *cosine) {
  float n = __builtin_elementwise_rint(x * 0.318309886f);
  float r = x - n * 3.140625f;
  r = r - n * 9.67025757e-4f;
  r = r - n * 6.27711419e-7f;
  float z = r * r;
  float s = -2.5052108e-8f;
  s = s * z + 2.7557319e-6f;
  s = s * z - 1.9841270e-4f;
  s = s * z + 8.3333333e-3f;
  s = s * z - 1.6666667e-1f;
  s = s * z * r + r;
  float c = 2.0876757e-9f;
  c = c * z - 2.7557319e-7f;
  c = c * z + 2.4801587e-5f;
  c = c * z - 1.3888889e-3f;
  c = c * z + 4.1666667e-2f;
  c = c * z - 0.5f;
  c = c * z + 1.0f;
  float sign = n - 2.0f * __builtin_elementwise_floor(n * 0.5f) == 0.0f ? 1.0f : -1.0f;
  *sine = sign * s;
  *cosine = sign * c;
}

// tanh x: the odd series below 0.55 (where 1 - 2 / (e^2x + 1) would cancel), that formula above.
INLINE float hyperbolic_tangent(float x) {
  float a = x < 0.0f ? -x : x;
  float far = 1.0f - 2.0f / (exponential(2.0f * a) + 1.0f);
  far = x < 0.0f ? -far : far;
  float z = x * x;
  float p = -8.8632355e-3f + z * 3.5921280e-3f - z * z * 1.4558344e-3f + z * z * z * 5.9002744e-4f;
  p = p * z + 2.1869488e-2f;
  p = p * z - 5.3968254e-2f;
  p = p * z + 1.3333333e-1f;
  p = p * z - 3.3333333e-1f;
  float near = x + x * z * p;
  return a < 0.55f ? near : far;
}

// The standard normal distribution function and its density, which share one exponential:
// Phi(-|x|) = erfcx(z) e^(-z^2) / 2 with z = |x| / sqrt 2; the scaled complementary error function
// erfcx is t Q(t), t = 1 / (1 + z / 2), Q fitted to 2e-7 relative over z in [0, 10].
INLINE void normal_distribution(float x, float *distribution, float *density) {
  float a = x < 0.0f ? -x : x;
  float t = 1.0f / (1.0f + 0.353553391f * a);
  float q = -0.059068936854600906f;
  q = q * t + 0.28457486629486084f;
  q = q * t - 0.48719972372055054f;
  q = q * t + 0.278067022562027f;
  q = q * t - 0.02662559226155281f;
  q = q * t + 0.2026868462562561f;
  q = q * t + 0.2431037575006485f;
  q = q * t + 0.282375305891037f;
  q = q * t + 0.28208643198013306f;
  float e = exponential(-0.5f * x * x);
  float tail = 0.5f * t * q * e;
  *distribution = x < 0.0f ? tail : 1.0f - tail;
  *density = 0.398942280f * e;
}

#endif
