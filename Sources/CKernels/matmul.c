// Matrix products. The right operand is walked in panels of 32 columns, a slice of which stays in
// the first-level cache while tiles of rows pass over it with their sums in registers; see Van Zee
// & van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", 2015.
//
// Every sum begins with its start value and takes its summands in order, so that a row's result
// does not depend on which rows it is computed with.
#include <string.h>

#include "CKernels.h"
#include "transpose.h"
#include "versions.h"
#include "work.h"

enum {
  few_rows = 96,  // at most so many rows read the right operand where it lies,
  few_summands = 640,  // if a panel of it is no longer than this
};

#if defined(__x86_64__)
// By features, not by arch=x86-64-v4: that one prefers registers half as wide.
#define VERSION avx512
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,f16c")))
#define LANES 16
#define ROWS 8
#define FACTOR float
#define ADD_PRODUCT(sum, factor, right) sum += factor * right
#include "tile.h"

#define VERSION avx2
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define LANES 8
#define ROWS 6
#define FACTOR float
#define ADD_PRODUCT(sum, factor, right) sum += factor * right
#include "tile.h"
#endif

#define VERSION plain
#define TARGET
#define LANES 4
#define ROWS 4
#define FACTOR float
#define ADD_PRODUCT(sum, factor, right) sum += factor * right
#include "tile.h"

typedef void (*version)(const work *);

static version chosen(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return run_avx512;
  if (__builtin_cpu_supports("x86-64-v3")) return run_avx2;
#endif
  return run_plain;
}

void CKernels_run_floats(const work *w) { chosen()(w); }

const void *CKernels_matmul_code(void) { return (const void *)chosen(); }

// MARK: Packing

// A panel's slice: `columns` columns from `column` and `inner` summands from `summand` on, with
// zeros behind the last column.
CLONES static void pack(float *restrict panel, const CKernels_right *right, size_t summand,
                        size_t column, size_t inner, size_t columns) {
  int is_transposed = right->layout == CKernels_transposed;
  const float *restrict from = right->values + (is_transposed ? column * right->stride + summand
                                                              : summand * right->stride + column);
  size_t rows = right->stride;
  if (!is_transposed && columns == panel_width) {
    for (size_t k = 0; k < inner; k++) {
      memcpy(panel + k * panel_width, from + k * rows, panel_width * sizeof(float));
    }
    return;
  }
  if (columns < panel_width) memset(panel, 0, inner * panel_width * sizeof(float));
  if (!is_transposed && columns == panel_width / 2) {
    for (size_t k = 0; k < inner; k++) {
      memcpy(panel + k * panel_width, from + k * rows, panel_width / 2 * sizeof(float));
    }
    return;
  }
  for (size_t j = 0; j < columns; j += 16) {
    size_t k = 0;
    for (; is_transposed && j + 16 <= columns && k + 16 <= inner; k += 16) {
      transpose_square(panel + k * panel_width + j, panel_width, from + j * rows + k, rows);
    }
    for (; k < inner; k++) {
      for (size_t i = j; i < j + 16 && i < columns; i++) {
        panel[k * panel_width + i] = from[is_transposed ? i * rows + k : k * rows + i];
      }
    }
  }
}

size_t CKernels_panel_count(size_t inner, size_t columns) {
  return (columns + panel_width - 1) / panel_width * panel_width * inner;
}

void CKernels_pack_panels(float *panels, const float *weights, size_t inner, size_t columns) {
  CKernels_right right = {.values = weights, .stride = columns, .layout = CKernels_plain};
  for (size_t j = 0; j < columns; j += panel_width, panels += panel_width * inner) {
    size_t width = columns - j < panel_width ? columns - j : panel_width;
    pack(panels, &right, 0, j, inner, width);
  }
}

CLONES void CKernels_round_to_half(uint16_t *halves, const float *values, size_t count) {
  _Float16 *to = (_Float16 *)halves;
  for (size_t i = 0; i < count; i++) to[i] = (_Float16)values[i];
}

// MARK: Products

CLONES static void widen(float *values, const _Float16 *halves, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = (float)halves[i];
}

// Panel by panel from a packed slice: what many rows need.
static void multiply_many(work w, const CKernels_right *right) {
  static _Thread_local _Alignas(64) float panel[slice * panel_width];
  size_t inner = w.inner, columns = w.columns;
  size_t slices = (inner + slice - 1) / slice;
  size_t length = ((inner + slices - 1) / slices + 15) / 16 * 16;
  float *output = w.output;
  const CKernels_left left = w.left;
  const CKernels_start *start = w.start;
  w.step = panel_width;
  w.panel_stride = 0;
  for (size_t k = 0; k < inner; k += length) {
    w.inner = inner - k < length ? inner - k : length;
    w.left.values = left.values + k * left.step;
    w.start = k == 0 ? start : NULL;
    for (size_t j = 0; j < columns; j += panel_width) {
      w.columns = columns - j < panel_width ? columns - j : panel_width;
      w.output = output + j;
      w.first_column = j;
      w.right = panel;
      w.halves = NULL;
      if (right->layout != CKernels_panels) {
        pack(panel, right, k, j, w.inner, w.columns);
      } else if (right->halves != NULL) {
        widen(panel, (const _Float16 *)right->halves + j * inner + k * panel_width,
              w.inner * panel_width);
      } else {
        w.right = right->values + j * inner + k * panel_width;
      }
      CKernels_run_floats(&w);
    }
  }
}

void CKernels_matmul(float *output, size_t output_stride, const CKernels_start *start,
                      CKernels_left left, const CKernels_right *right, size_t rows, size_t inner,
                      size_t columns) {
  work w = {.output = output, .output_stride = output_stride, .start = start, .left = left,
            .rows = rows, .inner = inner, .columns = columns};
  size_t limit = right->layout == CKernels_panels ? 8 : few_rows;
  int reads_beyond = right->layout == CKernels_plain && columns % panel_width != 0;
  int is_long = rows > 8 && inner > few_summands;
  if (rows > limit || is_long || right->layout == CKernels_transposed || reads_beyond) {
    multiply_many(w, right);
    return;
  }
  w.right = right->values;
  w.halves = (const _Float16 *)right->halves;
  w.step = right->layout == CKernels_panels ? panel_width : right->stride;
  w.panel_stride = right->layout == CKernels_panels ? inner * panel_width : panel_width;
  CKernels_run_floats(&w);
}
