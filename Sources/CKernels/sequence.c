// Convolutions along a sequence as matrix products: the windows that a kernel meets, side by side
// as rows, times the kernel's weights; and the way back, which is a transposed convolution.
#include <string.h>

#include "CKernels.h"
#include "versions.h"

// The taps of the window at a place that lie inside the sequence: first ..< last; the step of the
// sequence that the first one meets.
typedef struct {
  size_t first, last, step;
} meeting;

INLINE meeting meet(const CKernels_window_shape *shape, size_t place) {
  size_t start = place * shape->stride;
  size_t first = start < shape->padding ? shape->padding - start : 0;
  if (first > shape->kernel) first = shape->kernel;
  size_t end = shape->length + shape->padding > start ? shape->length + shape->padding - start : 0;
  size_t last = end < shape->kernel ? end : shape->kernel;
  if (last < first) last = first;
  return (meeting){first, last, start + first - shape->padding};
}

CLONES void CKernels_windows(float *restrict output, const float *restrict input, int accumulate,
                             const CKernels_window_shape *shape, size_t samples) {
  size_t channels = shape->channels, size = shape->kernel * channels;
  for (size_t i = 0; i < samples; i++, input += shape->length * channels) {
    for (size_t place = 0; place < shape->places; place++, output += size) {
      meeting m = meet(shape, place);
      const float *from = input + m.step * channels;
      float *to = output + m.first * channels;
      size_t count = (m.last - m.first) * channels;
      if (accumulate) {
        for (size_t j = 0; j < count; j++) to[j] += from[j];
        continue;
      }
      if (count < size) memset(output, 0, size * sizeof(float));
      for (size_t j = 0; j < count; j++) to[j] = from[j];
    }
  }
}

CLONES void CKernels_overlap_add(float *restrict output, const float *restrict input,
                                 int accumulate, const CKernels_window_shape *shape,
                                 size_t samples) {
  size_t channels = shape->channels, size = shape->kernel * channels;
  size_t line = shape->length * channels;
  for (size_t i = 0; i < samples; i++, output += line) {
    if (!accumulate) memset(output, 0, line * sizeof(float));
    for (size_t place = 0; place < shape->places; place++, input += size) {
      meeting m = meet(shape, place);
      float *to = output + m.step * channels;
      const float *from = input + m.first * channels;
      size_t count = (m.last - m.first) * channels;
      for (size_t j = 0; j < count; j++) to[j] += from[j];
    }
  }
}
