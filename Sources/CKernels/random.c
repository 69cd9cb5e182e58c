// Philox 4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#include "CKernels.h"
#include "mathematics.h"

typedef struct {
  uint32_t word[4];
} block;

INLINE block philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint64_t key) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t low = (uint64_t)c0 * 0xD2511F53u, high = (uint64_t)c2 * 0xCD9E8D57u;
    uint32_t n0 = (uint32_t)(high >> 32) ^ c1 ^ k0, n2 = (uint32_t)(low >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)high;
    c3 = (uint32_t)low;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (block){{c0, c1, c2, c3}};
}

// Two independent normal numbers from two words: radius sqrt(-2 ln u), u in (0, 1), angle 2 pi v.
INLINE void box_muller(float *output, uint32_t a, uint32_t b) {
  float u = ((float)(a >> 8) + 0.5f) * 0x1p-24f;
  float v = (float)(b >> 8) * 0x1p-24f;
  float radius = __builtin_elementwise_sqrt(-2.0f * logarithm(u));
  float sine, cosine;
  sine_and_cosine(6.28318531f * v, &sine, &cosine);
  output[0] = radius * cosine;
  output[1] = radius * sine;
}

CLONES void CKernels_normals(float *restrict output, size_t count, uint64_t key, uint32_t index,
                             uint32_t step, uint32_t purpose) {
  size_t blocks = count / 4;
  for (size_t i = 0; i < blocks; i++) {
    block w = philox((uint32_t)i, index, step, purpose, key);
    box_muller(output + 4 * i, w.word[0], w.word[1]);
    box_muller(output + 4 * i + 2, w.word[2], w.word[3]);
  }
  if (count % 4 != 0) {
    float last[4];
    block w = philox((uint32_t)blocks, index, step, purpose, key);
    box_muller(last, w.word[0], w.word[1]);
    box_muller(last + 2, w.word[2], w.word[3]);
    for (size_t j = 0; j < count % 4; j++) output[4 * blocks + j] = last[j];
  }
}
