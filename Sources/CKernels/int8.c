// Matrix products of 8-bit integers, for deciding: weights have a scale for each column, each row
// of the left operand one of its own. Sums of integers are exact, so that every processor gives the
// same bytes, whatever its instructions; compare Jacob et al., "Quantization and Training of Neural
// Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018.
//
// Four neighbours along the summed dimension lie in one word, as the instruction wants them that
// multiplies and adds four at once (AVX512_VNNI). It takes the left operand without a sign: 128 is
// added to it, and what that makes of a sum is known before.
#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
  panel_width = CKernels_panel_width,
  together = 4,        // summands of a word
  rows_at_once = 8,    // of the left operand
  slice = 4096,        // summands that a row has one scale for
  largest = 127,
  offset = 128,
};

// A row in words of four, and what one of its units is worth.
typedef struct {
  _Alignas(64) uint8_t values[rows_at_once][slice];
  float scales[rows_at_once];
} rows_of_bytes;

// sums[i][j] = the sum over `words` of row i times column j of a panel; of `rows` rows.
typedef void (*version)(int32_t sums[][panel_width], const rows_of_bytes *left, size_t rows,
                        const int8_t *panel, size_t words);

// MARK: One panel

static void panel_plain(int32_t sums[][panel_width], const rows_of_bytes *left, size_t rows,
                        const int8_t *panel, size_t words) {
  memset(sums, 0, rows * sizeof(*sums));
  for (size_t i = 0; i < rows; i++) {
    const uint8_t *x = left->values[i];
    for (size_t word = 0; word < words; word++, x += together) {
      const int8_t *w = panel + word * panel_width * together;
      for (size_t j = 0; j < panel_width; j++, w += together) {
        sums[i][j] += x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3];
      }
    }
  }
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))
#define VNNI __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma")))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE uint32_t word_of(const uint8_t *x) {
  uint32_t word;
  memcpy(&word, x, sizeof(word));
  return word;
}

// Sixteen-bit products of two neighbours are added at once; a column's two halves at the end.
AVX2 static void panel_avx2(int32_t sums[][panel_width], const rows_of_bytes *left, size_t rows,
                            const int8_t *panel, size_t words) {
  enum { halves = panel_width / 4 };  // four columns each
  for (size_t i = 0; i < rows; i++) {
    __m256i sum[halves];
    UNROLL for (int h = 0; h < halves; h++) sum[h] = _mm256_setzero_si256();
    const __m128i *w = (const __m128i *)panel;
    for (size_t word = 0; word < words; word++, w += halves) {
      const __m256i x =
          _mm256_cvtepu8_epi16(_mm_set1_epi32((int)word_of(left->values[i] + word * together)));
      UNROLL for (int h = 0; h < halves; h++) {
        const __m256i columns = _mm256_cvtepi8_epi16(_mm_loadu_si128(w + h));
        sum[h] = _mm256_add_epi32(sum[h], _mm256_madd_epi16(x, columns));
      }
    }
    UNROLL for (int h = 0; h < halves; h += 2) {
      const __m256i both = _mm256_hadd_epi32(sum[h], sum[h + 1]);
      _mm256_storeu_si256((__m256i *)(sums[i] + 4 * h), _mm256_permute4x64_epi64(both, 0xd8));
    }
  }
}

// `rows` rows, with `chains` sums for each element so that none waits for its own last one.
VNNI INLINE void panel_vnni(int32_t sums[][panel_width], const rows_of_bytes *left,
                            const int8_t *panel, size_t words, const int rows, const int chains) {
  __m512i sum[rows_at_once][2][4];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int c = 0; c < chains; c++) {
      sum[i][0][c] = sum[i][1][c] = _mm512_setzero_si512();
    }
  }
  const __m512i *w = (const __m512i *)panel;
  size_t word = 0;
  for (; word + chains <= words; word += chains, w += 2 * chains) {
    UNROLL for (int c = 0; c < chains; c++) {
      const __m512i low = _mm512_loadu_si512(w + 2 * c), high = _mm512_loadu_si512(w + 2 * c + 1);
      UNROLL for (int i = 0; i < rows; i++) {
        const __m512i x =
            _mm512_set1_epi32((int)word_of(left->values[i] + (word + c) * together));
        sum[i][0][c] = _mm512_dpbusd_epi32(sum[i][0][c], x, low);
        sum[i][1][c] = _mm512_dpbusd_epi32(sum[i][1][c], x, high);
      }
    }
  }
  for (; word < words; word++, w += 2) {
    const __m512i low = _mm512_loadu_si512(w), high = _mm512_loadu_si512(w + 1);
    UNROLL for (int i = 0; i < rows; i++) {
      const __m512i x = _mm512_set1_epi32((int)word_of(left->values[i] + word * together));
      sum[i][0][0] = _mm512_dpbusd_epi32(sum[i][0][0], x, low);
      sum[i][1][0] = _mm512_dpbusd_epi32(sum[i][1][0], x, high);
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int half = 0; half < 2; half++) {
      UNROLL for (int c = 1; c < chains; c++) {
        sum[i][half][0] = _mm512_add_epi32(sum[i][half][0], sum[i][half][c]);
      }
      _mm512_storeu_si512(sums[i] + 16 * half, sum[i][half][0]);
    }
  }
}

VNNI static void panel_avx512(int32_t sums[][panel_width], const rows_of_bytes *left, size_t rows,
                              const int8_t *panel, size_t words) {
  switch (rows) {
    case 1: panel_vnni(sums, left, panel, words, 1, 4); break;
    case 2: panel_vnni(sums, left, panel, words, 2, 4); break;
    case 3: panel_vnni(sums, left, panel, words, 3, 2); break;
    case 4: panel_vnni(sums, left, panel, words, 4, 2); break;
    case 5: panel_vnni(sums, left, panel, words, 5, 1); break;
    case 6: panel_vnni(sums, left, panel, words, 6, 1); break;
    case 7: panel_vnni(sums, left, panel, words, 7, 1); break;
    case 8: panel_vnni(sums, left, panel, words, 8, 1); break;
  }
}
#endif

static version chosen(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni")) {
    return panel_avx512;
  }
  if (__builtin_cpu_supports("x86-64-v3")) return panel_avx2;
#endif
  return panel_plain;
}

// MARK: Packing and rounding

INLINE size_t words_of(size_t inner) { return (inner + together - 1) / together; }

size_t CKernels_int8_count(size_t inner, size_t columns) {
  return (columns + panel_width - 1) / panel_width * panel_width * words_of(inner) * together;
}

// The largest magnitude in units of which values are rounded; 1 where all are zeros.
INLINE float unit(float magnitude) { return magnitude > 0 ? magnitude / largest : 1; }

void CKernels_pack_int8(int8_t *panels, float *scales, int32_t *corrections, const float *weights,
                        size_t inner, size_t columns) {
  size_t stride = words_of(inner) * together * panel_width;
  memset(panels, 0, CKernels_int8_count(inner, columns));
  for (size_t j = 0; j < columns; j++) {
    float magnitude = 0;
    for (size_t k = 0; k < inner; k++) {
      magnitude = fmaxf(magnitude, fabsf(weights[k * columns + j]));
    }
    scales[j] = unit(magnitude);
    int32_t sum = 0;
    int8_t *column = panels + j / panel_width * stride + j % panel_width * together;
    for (size_t k = 0; k < inner; k++) {
      long value = lrintf(weights[k * columns + j] / scales[j]);
      column[k / together * panel_width * together + k % together] = (int8_t)value;
      sum += (int32_t)value;
      // A slice of rows has its own scale, and so its own correction.
      if ((k + 1) % slice == 0 || k + 1 == inner) {
        corrections[k / slice * columns + j] = offset * sum;
        sum = 0;
      }
    }
  }
}

size_t CKernels_int8_corrections(size_t inner, size_t columns) {
  return (inner + slice - 1) / slice * columns;
}

// The largest magnitude; no number where any of the values is none, or infinite. Without signs
// floats are in the order of their bits, and integers have a vector instruction for the larger one.
CLONES static float largest_magnitude(const float *values, size_t count) {
  uint32_t largest_bits = 0;
  for (size_t k = 0; k < count; k++) {
    uint32_t bits;
    memcpy(&bits, values + k, sizeof(bits));
    bits &= 0x7fffffff;
    largest_bits = bits > largest_bits ? bits : largest_bits;
  }
  float magnitude;
  memcpy(&magnitude, &largest_bits, sizeof(magnitude));
  return magnitude < INFINITY ? magnitude : NAN;
}

// To whole units, ties to even, with the offset.
CLONES static void round_row(uint8_t *restrict to, const float *restrict values, float scale,
                             size_t count) {
#pragma clang fp contract(off)
  const float shift = 12582912;  // 1.5 · 2^23: adding it rounds to a whole number
  for (size_t k = 0; k < count; k++) {
    float rounded = (values[k] * scale + shift) - shift;
    to[k] = (uint8_t)((int32_t)rounded + offset);
  }
}

// output += scale · scales · (sums - corrections) over a row's part of a panel.
CLONES static void add_row(float *restrict output, const int32_t *restrict sums,
                           const int32_t *restrict corrections, const float *restrict scales,
                           float scale, size_t columns) {
#pragma clang fp contract(off)
  for (size_t j = 0; j < columns; j++) {
    output[j] += scale * scales[j] * (float)(sums[j] - corrections[j]);
  }
}

// MARK: Products

void CKernels_matmul_int8(float *output, size_t output_stride, const CKernels_start *start,
                          const float *left, size_t left_stride, const CKernels_int8 *right,
                          size_t rows, size_t inner, size_t columns) {
  static _Thread_local rows_of_bytes bytes;
  int32_t sums[rows_at_once][panel_width];
  const version panel = chosen();
  size_t panel_stride = words_of(inner) * together * panel_width;
  for (size_t i = 0; start != NULL && i < rows; i++) {
    CKernels_start from = *start;
    from.row += i;
    CKernels_fill_rows(output + i * output_stride, &from, 1, columns);
  }
  for (size_t k = 0; k < inner; k += slice) {
    size_t summands = inner - k < slice ? inner - k : slice;
    const int32_t *corrections = right->corrections + k / slice * right->columns;
    for (size_t row = 0; row < rows; row += rows_at_once) {
      size_t count = rows - row < rows_at_once ? rows - row : rows_at_once;
      for (size_t i = 0; i < count; i++) {
        const float *from = left + (row + i) * left_stride + k;
        const float magnitude = largest_magnitude(from, summands);
        bytes.scales[i] = magnitude == magnitude ? unit(magnitude) : magnitude;
        if (magnitude == magnitude) {
          round_row(bytes.values[i], from, 1 / bytes.scales[i], summands);
        } else {
          memset(bytes.values[i], 0, summands);  // Its sums will be no numbers.
        }
        // What stands behind the last summand meets zeros.
        memset(bytes.values[i] + summands, 0, words_of(summands) * together - summands);
      }
      for (size_t j = 0; j < columns; j += panel_width) {
        size_t width = columns - j < panel_width ? columns - j : panel_width;
        panel(sums, &bytes, count, right->panels + j / panel_width * panel_stride + k * panel_width,
              words_of(summands));
        for (size_t i = 0; i < count; i++) {
          add_row(output + (row + i) * output_stride + j, sums[i], corrections + j,
                  right->scales + j, bytes.scales[i], width);
        }
      }
    }
  }
}
