// Matrix products of operands that are rounded to bfloat16 (8 significant bits, the range of
// float32), with sums in float32. Two neighbours along the summed dimension lie in one word, as the
// instruction wants them that multiplies and adds both at once (AVX512_BF16).
//
// Elsewhere the same rounded operands are multiplied as floats, in the order in which the
// instruction adds: of each pair the later summand first. A product of two bfloat16s is exact in
// float32 and each is added with one rounding, so that every processor gives the same bytes.
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

#if defined(__x86_64__)
typedef uint32_t words __attribute__((vector_size(64)));

#define VERSION pairs
#define TARGET \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma,f16c")))
#define LANES 16
#define ROWS 8
#define FACTOR pair
#define ADD_PRODUCT(sum, factor, right) \
  sum = _mm512_dpbf16_ps(sum, (__m512bh)((words){} + (factor)), (__m512bh)(right))
#include "tile.h"
#endif

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

// Rows of `width` pairs as floats, two rows for each: the later summands' first.
CLONES static void split_rows(float *restrict to, const pair *restrict from, size_t pairs,
                              size_t width) {
  pair *restrict bits = (pair *)to;
  for (size_t p = 0; p < pairs; p++, from += width, bits += 2 * width) {
    for (size_t j = 0; j < width; j++) bits[j] = from[j] & late;
    for (size_t j = 0; j < width; j++) bits[width + j] = from[j] << 16;
  }
}

// The same where the pairs are neighbours.
CLONES static void split_neighbours(float *restrict to, const pair *restrict from, size_t pairs) {
  pair *restrict bits = (pair *)to;
  for (size_t p = 0; p < pairs; p++) {
    bits[2 * p] = from[p] & late;
    bits[2 * p + 1] = from[p] << 16;
  }
}

// MARK: Products

// What multiplies packed operands, a panel at a time.
typedef struct {
  void (*run)(const work *);
  int is_paired;  // or split into floats
} version;

static void multiply(version version, float *output, size_t output_stride,
                     const CKernels_start *start, CKernels_left left, const CKernels_right *right,
                     size_t rows, size_t inner, size_t columns) {
  static _Thread_local _Alignas(64) pair panel[pairs_at_once * panel_width];
  static _Thread_local _Alignas(64) pair packed[rows_at_once * pairs_at_once];
  static _Thread_local _Alignas(64) float split_panel[slice * panel_width];
  static _Thread_local _Alignas(64) float split[rows_at_once * slice];
  size_t slices = (inner + slice - 1) / slice;
  size_t length = ((inner + slices - 1) / slices + 15) / 16 * 16;
  for (size_t k = 0; k < inner; k += length) {
    size_t summands = inner - k < length ? inner - k : length, pairs = (summands + 1) / 2;
    for (size_t row = 0; row < rows; row += rows_at_once) {
      CKernels_start from = {};
      if (start != NULL) {
        from = *start;
        from.row += row;
      }
      work w = {.output_stride = output_stride, .step = panel_width, .inner = pairs,
                .start = start != NULL && k == 0 ? &from : NULL,
                .rows = rows - row < rows_at_once ? rows - row : rows_at_once};
      w.left = pack_left(packed, &left, row, w.rows, k, summands);
      w.right = (const float *)panel;
      if (!version.is_paired) {
        w.inner = 2 * pairs;
        if (left.row_stride == 1) {
          split_rows(split, packed, pairs, w.rows);
        } else {
          split_neighbours(split, packed, w.rows * pairs);
          w.left.row_stride = w.inner;
        }
        w.left.values = split;
        w.right = split_panel;
      }
      for (size_t j = 0; j < columns; j += panel_width) {
        w.columns = columns - j < panel_width ? columns - j : panel_width;
        w.output = output + row * output_stride + j;
        w.first_column = j;
        pack_right(panel, right, k, j, summands, w.columns);
        if (!version.is_paired) split_rows(split_panel, panel, pairs, panel_width);
        version.run(&w);
      }
    }
  }
}

#if defined(__x86_64__)
int CKernels_has_bfloat16(void) {
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
}

// Intel's vector units do half as much with the instruction as with float32's multiply-add (88 for
// 175 GFLOP/s on a fifth-generation Xeon), AMD's twice as much.
int CKernels_gains_by_bfloat16(void) {
  return CKernels_has_bfloat16() && !__builtin_cpu_is("intel");
}

void CKernels_matmul_bfloat16_pairs(float *output, size_t output_stride,
                                    const CKernels_start *start, CKernels_left left,
                                    const CKernels_right *right, size_t rows, size_t inner,
                                    size_t columns) {
  multiply((version){run_pairs, 1}, output, output_stride, start, left, right, rows, inner,
           columns);
}
#else
int CKernels_has_bfloat16(void) { return 0; }

int CKernels_gains_by_bfloat16(void) { return 0; }

void CKernels_matmul_bfloat16_pairs(float *output, size_t output_stride,
                                    const CKernels_start *start, CKernels_left left,
                                    const CKernels_right *right, size_t rows, size_t inner,
                                    size_t columns) {}
#endif

void CKernels_matmul_bfloat16(float *output, size_t output_stride, const CKernels_start *start,
                              CKernels_left left, const CKernels_right *right, size_t rows,
                              size_t inner, size_t columns) {
  if (CKernels_gains_by_bfloat16()) {
    CKernels_matmul_bfloat16_pairs(output, output_stride, start, left, right, rows, inner, columns);
  } else {
    multiply((version){CKernels_run_floats, 0}, output, output_stride, start, left, right, rows,
             inner, columns);
  }
}
