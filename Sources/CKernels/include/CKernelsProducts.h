// Matrix products: of floats, of floats that are rounded to bfloat16, and of 8-bit integers.
// Conventions are those of CKernels.h.
#ifndef CKERNELS_PRODUCTS_H
#define CKERNELS_PRODUCTS_H

#include <stddef.h>
#include <stdint.h>

// MARK: Operands

// Columns of a panel: packed weights lie as [columns / 32, inner, 32], with zeros behind the last
// column.
#define CKernels_panel_width 32

// Rows that sums start from: row i starts from row index[i], or i / repeat where there is no index;
// they lie `stride` apart (0 for one row for all).
typedef struct {
  const float *values;   // null for zeros
  const int32_t *index;  // or null
  size_t repeat, stride;
} CKernels_rows;

// Where a product's sums start: each from the sum of two rows.
typedef struct {
  CKernels_rows first, second;
  size_t row;  // what i is for the product's first row
} CKernels_start;

// The left operand: element (i, k) at values + i * row_stride + k * step.
typedef struct {
  const float *values;
  size_t row_stride, step;
} CKernels_left;

typedef enum {
  CKernels_plain,       // [inner, columns], rows stride apart
  CKernels_transposed,  // [columns, inner], rows stride apart
  CKernels_panels,      // as CKernels_pack_panels leaves it
} CKernels_layout;

// The right operand: values, or halves (16-bit floats; panels only).
typedef struct {
  const float *values;
  const uint16_t *halves;
  size_t stride;
  CKernels_layout layout;
} CKernels_right;

// MARK: Floats

// output = start + left x right, or output += left x right where start is null.
//   output: rows x columns, rows output_stride apart; left: rows x inner; right: inner x columns.
// A row's result has the same bytes however many rows and columns are computed with it.
void CKernels_matmul(float *output, size_t output_stride, const CKernels_start *start,
                      CKernels_left left, const CKernels_right *right, size_t rows, size_t inner,
                      size_t columns);

// Elements of the panels of an inner x columns matrix.
size_t CKernels_panel_count(size_t inner, size_t columns);

// Lays an inner x columns matrix out in panels.
void CKernels_pack_panels(float *panels, const float *weights, size_t inner, size_t columns);

// Rounds to 16-bit floats: 11 significant bits, +-65504.
void CKernels_round_to_half(uint16_t *halves, const float *values, size_t count);

// MARK: bfloat16

// CKernels_matmul of both operands rounded to bfloat16, with sums in float32; right: plain or
// transposed. Of two neighbouring summands the later one is added first. A row's result has the
// same bytes however many rows and columns are computed with it, and on every processor.
void CKernels_matmul_bfloat16(float *output, size_t output_stride, const CKernels_start *start,
                              CKernels_left left, const CKernels_right *right, size_t rows,
                              size_t inner, size_t columns);

// The same bytes by the instruction of AVX512_BF16, which the processor must have.
void CKernels_matmul_bfloat16_pairs(float *output, size_t output_stride,
                                    const CKernels_start *start, CKernels_left left,
                                    const CKernels_right *right, size_t rows, size_t inner,
                                    size_t columns);

// Whether this processor has that instruction, and whether it multiplies faster so than floats.
int CKernels_has_bfloat16(void);
int CKernels_gains_by_bfloat16(void);

// Rounds to bfloat16, to nearest, ties to even; output may be input.
void CKernels_round_to_bfloat16(float *output, const float *input, size_t count);

// MARK: 8-bit integers

// A matrix of 8-bit integers: element (k, j) is scales[j] times an integer, packed in panels of 32
// columns and words of four summands.
typedef struct {
  const int8_t *panels;
  const float *scales;
  const int32_t *corrections;  // what the left operand's offset makes of each column's sum
  size_t columns;              // corrections of a slice of summands
} CKernels_int8;

// Bytes of the panels, and elements of the corrections, of an inner x columns matrix.
size_t CKernels_int8_count(size_t inner, size_t columns);
size_t CKernels_int8_corrections(size_t inner, size_t columns);

// Rounds an inner x columns matrix to integers of at most 127 units; scales: columns.
void CKernels_pack_int8(int8_t *panels, float *scales, int32_t *corrections, const float *weights,
                        size_t inner, size_t columns);

// output = start + left x right, or output += left x right where start is null, with each row of
// left rounded to integers of at most 127 units of its own. Every processor gives the same bytes.
//   output: rows x columns, rows output_stride apart; left: rows x inner, rows left_stride apart.
void CKernels_matmul_int8(float *output, size_t output_stride, const CKernels_start *start,
                          const float *left, size_t left_stride, const CKernels_int8 *right,
                          size_t rows, size_t inner, size_t columns);

#endif
