// Group normalisation: https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
#include <string.h>

#include "CKernels.h"
#include "mathematics.h"

#define LIMIT CKernels_channel_limit

// Sums over the channels of each group, spread back to the group's channels, times a factor.
INLINE void sum_groups(float *values, size_t channels, size_t groups, float factor) {
  size_t members = channels / groups;
  for (size_t group = 0; group < groups; group++) {
    float *start = values + group * members;
    float sum = 0.0f;
    for (size_t c = 0; c < members; c++) sum += start[c];
    for (size_t c = 0; c < members; c++) start[c] = sum * factor;
  }
}

// Mean and inverse deviation of each channel's group.
INLINE void spread(float *means, float *inverses, const float *statistics, size_t channels,
                   size_t groups) {
  size_t members = channels / groups;
  for (size_t c = 0; c < channels; c++) {
    means[c] = statistics[c / members * 2];
    inverses[c] = statistics[c / members * 2 + 1];
  }
}

CLONES void CKernels_group_norm_forward(float *output, float *statistics, const float *input,
                                        const float *scale, const float *shift, float epsilon,
                                        size_t images, size_t positions, size_t channels,
                                        size_t groups) {
  size_t members = channels / groups;
  float share = 1.0f / (float)(positions * members);
  float means[LIMIT], squares[LIMIT];
  for (size_t i = 0; i < images; i++) {
    const float *x = input + i * positions * channels;
    float *y = output + i * positions * channels;
    memset(means, 0, channels * sizeof(float));
    memset(squares, 0, channels * sizeof(float));
    for (size_t p = 0; p < positions; p++) {
      for (size_t c = 0; c < channels; c++) means[c] += x[p * channels + c];
    }
    sum_groups(means, channels, groups, share);
    for (size_t p = 0; p < positions; p++) {
      for (size_t c = 0; c < channels; c++) {
        float deviation = x[p * channels + c] - means[c];
        squares[c] += deviation * deviation;
      }
    }
    sum_groups(squares, channels, groups, share);
    for (size_t c = 0; c < channels; c++) {
      float inverse = 1.0f / __builtin_elementwise_sqrt(squares[c] + epsilon);
      if (statistics != NULL && c % members == 0) {
        statistics[(i * groups + c / members) * 2] = means[c];
        statistics[(i * groups + c / members) * 2 + 1] = inverse;
      }
      squares[c] = inverse * scale[c];
    }
    for (size_t p = 0; p < positions; p++) {
      _Pragma("clang loop vectorize(assume_safety)")
      for (size_t c = 0; c < channels; c++) {
        y[p * channels + c] = (x[p * channels + c] - means[c]) * squares[c] + shift[c];
      }
    }
  }
}

CLONES void CKernels_group_norm_backward(float *input_gradient, const float *output_gradient,
                                         const float *input, const float *statistics,
                                         const float *scale, int accumulate, size_t images,
                                         size_t positions, size_t channels, size_t groups) {
  float share = 1.0f / (float)(positions * (channels / groups));
  float means[LIMIT], inverses[LIMIT], sums[LIMIT], projections[LIMIT];
  for (size_t i = 0; i < images; i++) {
    const float *x = input + i * positions * channels;
    const float *dy = output_gradient + i * positions * channels;
    float *dx = input_gradient + i * positions * channels;
    spread(means, inverses, statistics + i * groups * 2, channels, groups);
    // First: the two means over the group of the gradient of the normalised value.
    memset(sums, 0, channels * sizeof(float));
    memset(projections, 0, channels * sizeof(float));
    for (size_t p = 0; p < positions; p++) {
      for (size_t c = 0; c < channels; c++) {
        float g = dy[p * channels + c];
        sums[c] += g;
        projections[c] += g * (x[p * channels + c] - means[c]);
      }
    }
    for (size_t c = 0; c < channels; c++) {
      sums[c] *= scale[c];
      projections[c] *= scale[c] * inverses[c];
    }
    sum_groups(sums, channels, groups, share);
    sum_groups(projections, channels, groups, share);
    // Second: the gradient itself.
    for (size_t p = 0; p < positions; p++) {
      _Pragma("clang loop vectorize(assume_safety)")
      for (size_t c = 0; c < channels; c++) {
        size_t at = p * channels + c;
        float normalised = (x[at] - means[c]) * inverses[c];
        float value = inverses[c] * (dy[at] * scale[c] - sums[c] - normalised * projections[c]);
        dx[at] = accumulate ? dx[at] + value : value;
      }
    }
  }
}

CLONES void CKernels_group_norm_parameters(float *restrict scale_gradient,
                                           float *restrict shift_gradient,
                                           const float *restrict output_gradient,
                                           const float *restrict input,
                                           const float *restrict statistics, int accumulate,
                                           size_t images, size_t positions, size_t channels,
                                           size_t groups) {
  float means[LIMIT], inverses[LIMIT], projections[LIMIT];
  if (!accumulate) {
    memset(scale_gradient, 0, channels * sizeof(float));
    memset(shift_gradient, 0, channels * sizeof(float));
  }
  for (size_t i = 0; i < images; i++) {
    const float *x = input + i * positions * channels;
    const float *dy = output_gradient + i * positions * channels;
    spread(means, inverses, statistics + i * groups * 2, channels, groups);
    memset(projections, 0, channels * sizeof(float));
    for (size_t p = 0; p < positions; p++) {
      for (size_t c = 0; c < channels; c++) {
        float g = dy[p * channels + c];
        shift_gradient[c] += g;
        projections[c] += g * (x[p * channels + c] - means[c]);
      }
    }
    for (size_t c = 0; c < channels; c++) scale_gradient[c] += projections[c] * inverses[c];
  }
}
