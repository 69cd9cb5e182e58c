// Matrix products of operands that are rounded to bfloat16 (8 significant bits, the range of
// float32), with sums in float32. Two neighbours along the summed dimension lie in one word, as the
// instruction wants them that multiplies and adds both at once (AVX512_BF16).
//
// Where a processor has no such instruction the same rounded operands are multiplied in float32.
// The products are exact there too; the order in which a pair is added may be another, so results
// are the same to the bit on one kind of processor.
#include <string.h>

#include "transpose.h"
#include "versions.h"
#include "work.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Two bfloat16s: the earlier summand in the lower half.
typedef uint32_t __attribute__((may_alias)) pair;

enum {
  pairs_at_once = slice / 2,
  rows_at_once = 512,  // of the left operand, packed
};

static const uint32_t late = 0xffff0000;  // where the later summand of a pair is

// MARK: Tiles

#define FACTORS(LANES) typedef uint32_t bits##LANES __attribute__((vector_size(4 * LANES)));
FACTORS(16)
FACTORS(8)
FACTORS(4)

// sum += early · early, then sum += late · late.
#define ADD_PAIRS(LANES, sum, factor, right)                                            \
  do {                                                                                  \
    typedef float single __attribute__((vector_size(4 * LANES)));                       \
    const bits##LANES f_ = (bits##LANES){} + (factor), r_ = (bits##LANES)(right);       \
    (sum) += (single)(f_ << 16) * (single)(r_ << 16);                                   \
    (sum) += (single)(f_ & late) * (single)(r_ & late);             \
  } while (0)

#if defined(__x86_64__)
#define VERSION bfloat16
#define TARGET \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma,f16c")))
#define LANES 16
#define ROWS 8
#define FACTOR pair
#define ADD_PRODUCT(sum, factor, right) \
  sum = _mm512_dpbf16_ps(sum, (__m512bh)((bits16){} + (factor)), (__m512bh)(right))
#include "tile.h"

#define VERSION pairs_avx512
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,f16c")))
#define LANES 16
#define ROWS 8
#define FACTOR pair
#define ADD_PRODUCT(sum, factor, right) ADD_PAIRS(16, sum, factor, right)
#include "tile.h"

#define VERSION pairs_avx2
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define LANES 8
#define ROWS 4
#define FACTOR pair
#define ADD_PRODUCT(sum, factor, right) ADD_PAIRS(8, sum, factor, right)
#include "tile.h"
#endif

#define VERSION pairs_plain
#define TARGET
#define LANES 4
#define ROWS 4
#define FACTOR pair
#define ADD_PRODUCT(sum, factor, right) ADD_PAIRS(4, sum, factor, right)
#include "tile.h"

typedef void (*version)(const work *);

int CKernels_has_bfloat16(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
#else
  return 0;
#endif
}

static version chosen(void) {
#if defined(__x86_64__)
  if (CKernels_has_bfloat16()) return run_bfloat16;
  if (__builtin_cpu_supports("x86-64-v4")) return run_pairs_avx512;
  if (__builtin_cpu_supports("x86-64-v3")) return run_pairs_avx2;
#endif
  return run_pairs_plain;
}

// MARK: Rounding and packing

// The nearest bfloat16 in the upper half, ties to even; what is no number stays none.
INLINE uint32_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  uint32_t nearest = bits + 0x7fff + (bits >> 16 & 1);
  return (value == value ? nearest : bits | 0x400000) & late;
}

CLONES void CKernels_round_to_bfloat16(float *output, const float *input, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = rounded(input[i]);
    memcpy(output + i, &bits, sizeof(bits));
  }
}

// Pairs of two rows, element by element; the later one may be null for zeros.
CLONES static void pair_rows(pair *restrict to, const float *restrict early,
                             const float *restrict later, size_t count) {
  if (later == NULL) {
    for (size_t j = 0; j < count; j++) to[j] = rounded(early[j]) >> 16;
  } else {
    for (size_t j = 0; j < count; j++) to[j] = rounded(early[j]) >> 16 | rounded(later[j]);
  }
}

// Pairs of neighbours of one row.
CLONES static void pair_neighbours(pair *restrict to, const float *restrict from, size_t count) {
  for (size_t p = 0; p < count / 2; p++) {
    to[p] = rounded(from[2 * p]) >> 16 | rounded(from[2 * p + 1]);
  }
  if (count % 2 == 1) to[count / 2] = rounded(from[count - 1]) >> 16;
}

// `rows` rows of the left operand from `row` on, over `inner` summands from `summand` on. Says how
// its pairs lie: as pairs of rows where the operand itself is read by columns.
static CKernels_left pack_left(pair *to, const CKernels_left *left, size_t row, size_t rows,
                               size_t summand, size_t inner) {
  size_t pairs = (inner + 1) / 2;
  const float *from = left->values + row * left->row_stride + summand * left->step;
  if (left->row_stride == 1) {
    for (size_t p = 0; p < pairs; p++) {
      const float *early = from + 2 * p * left->step;
      pair_rows(to + p * rows, early, 2 * p + 1 < inner ? early + left->step : NULL, rows);
    }
    return (CKernels_left){.values = (const float *)to, .row_stride = 1, .step = rows};
  }
  for (size_t i = 0; i < rows; i++) {
    pair_neighbours(to + i * pairs, from + i * left->row_stride, inner);
  }
  return (CKernels_left){.values = (const float *)to, .row_stride = pairs, .step = 1};
}

// A panel's slice of the right operand, with zeros behind the last column.
static void pack_right(pair *panel, const CKernels_right *right, size_t summand, size_t column,
                       size_t inner, size_t columns) {
  size_t pairs = (inner + 1) / 2, stride = right->stride;
  if (columns < panel_width) memset(panel, 0, pairs * panel_width * sizeof(pair));
  if (right->layout == CKernels_plain) {
    const float *from = right->values + summand * stride + column;
    for (size_t p = 0; p < pairs; p++, from += 2 * stride) {
      pair_rows(panel + p * panel_width, from, 2 * p + 1 < inner ? from + stride : NULL, columns);
    }
    return;
  }
  const float *from = right->values + column * stride + summand;
  pair square[16 * 16];
  for (size_t p = 0; p < pairs; p += 16) {
    size_t width = inner - 2 * p < 32 ? inner - 2 * p : 32;
    for (size_t j = 0; j < columns; j += 16) {
      size_t height = columns - j < 16 ? columns - j : 16;
      if (width < 32 || height < 16) memset(square, 0, sizeof(square));
      for (size_t i = 0; i < height; i++) {
        pair_neighbours(square + 16 * i, from + (j + i) * stride + 2 * p, width);
      }
      pair turned[16 * 16];
      transpose_square((float *)turned, 16, (const float *)square, 16);
      for (size_t q = 0; q < (width + 1) / 2; q++) {
        memcpy(panel + (p + q) * panel_width + j, turned + 16 * q, 16 * sizeof(pair));
      }
    }
  }
}

// MARK: Products

void CKernels_matmul_bfloat16(float *output, size_t output_stride, const CKernels_start *start,
                              CKernels_left left, const CKernels_right *right, size_t rows,
                              size_t inner, size_t columns) {
  static _Thread_local _Alignas(64) pair panel[pairs_at_once * panel_width];
  static _Thread_local _Alignas(64) pair packed[rows_at_once * pairs_at_once];
  const version run = chosen();
  size_t slices = (inner + slice - 1) / slice;
  size_t length = ((inner + slices - 1) / slices + 15) / 16 * 16;
  for (size_t k = 0; k < inner; k += length) {
    size_t summands = inner - k < length ? inner - k : length;
    for (size_t row = 0; row < rows; row += rows_at_once) {
      CKernels_start from = {};
      if (start != NULL) {
        from = *start;
        from.row += row;
      }
      work w = {.output_stride = output_stride, .right = (const float *)panel,
                .start = start != NULL && k == 0 ? &from : NULL, .step = panel_width,
                .rows = rows - row < rows_at_once ? rows - row : rows_at_once,
                .inner = (summands + 1) / 2};
      w.left = pack_left(packed, &left, row, w.rows, k, summands);
      for (size_t j = 0; j < columns; j += panel_width) {
        w.columns = columns - j < panel_width ? columns - j : panel_width;
        w.output = output + row * output_stride + j;
        w.first_column = j;
        pack_right(panel, right, k, j, summands, w.columns);
        run(&w);
      }
    }
  }
}
