// Points of the plane as they are seen from several poses, and the answers of several poses mixed.
#include <string.h>

#include "CKernels.h"
#include "mathematics.h"

// A pose: position, and cosine and sine of its angle.
typedef struct {
  float x, y, cosine, sine;
} pose;

INLINE pose pose_at(const float *poses, const CKernels_frames *sizes, size_t frame) {
  const float *p = poses + frame * sizes->pose_width;
  return sizes->pose_width == 4 ? (pose){p[0], p[1], p[2], p[3]} : (pose){p[0], p[1], 1.0f, 0.0f};
}

CLONES void CKernels_seen_forward(float *output, const float *points, const float *poses,
                                  const CKernels_frames *sizes, size_t samples) {
  for (size_t i = 0; i < samples; i++) {
    for (size_t f = 0; f < sizes->frames; f++) {
      pose p = pose_at(poses, sizes, f);
      if (sizes->is_direction) p.x = p.y = 0.0f;
      for (size_t k = 0; k < sizes->points; k++, output += 2) {
        float x = points[2 * k] - p.x, y = points[2 * k + 1] - p.y;
        output[0] = p.cosine * x + p.sine * y;
        output[1] = p.cosine * y - p.sine * x;
      }
    }
    points += 2 * sizes->points;
    poses += sizes->pose_width * sizes->frames;
  }
}

CLONES void CKernels_seen_backward(float *point_gradient, const float *output_gradient,
                                   const float *poses, int accumulate,
                                   const CKernels_frames *sizes, size_t samples) {
  for (size_t i = 0; i < samples; i++) {
    if (!accumulate) memset(point_gradient, 0, 2 * sizes->points * sizeof(float));
    for (size_t f = 0; f < sizes->frames; f++) {
      pose p = pose_at(poses, sizes, f);
      for (size_t k = 0; k < sizes->points; k++, output_gradient += 2) {
        float x = output_gradient[0], y = output_gradient[1];
        point_gradient[2 * k] += p.cosine * x - p.sine * y;
        point_gradient[2 * k + 1] += p.cosine * y + p.sine * x;
      }
    }
    point_gradient += 2 * sizes->points;
    poses += sizes->pose_width * sizes->frames;
  }
}

CLONES void CKernels_turn(float *output, const float *input, const float *poses, int is_inverse,
                          int accumulate, const CKernels_frames *sizes, size_t samples) {
  for (size_t i = 0; i < samples; i++) {
    for (size_t f = 0; f < sizes->frames; f++) {
      pose p = pose_at(poses, sizes, f);
      float sine = is_inverse ? -p.sine : p.sine;
      for (size_t k = 0; k < sizes->points; k++, output += 2, input += 2) {
        float x = input[0], y = input[1];
        float u = p.cosine * x - sine * y, v = p.cosine * y + sine * x;
        output[0] = accumulate ? output[0] + u : u;
        output[1] = accumulate ? output[1] + v : v;
      }
    }
    poses += sizes->pose_width * sizes->frames;
  }
}

CLONES void CKernels_mixture_forward(float *restrict output, float *restrict shares,
                                     const float *restrict answers, const float *restrict logits,
                                     const CKernels_mixture *sizes, size_t samples) {
  size_t count = sizes->points, columns = sizes->columns;
  for (size_t i = 0; i < samples; i++) {
    for (size_t k = 0; k < count; k++) {
      float largest = logits[k], sum = 0.0f;
      for (size_t f = 1; f < sizes->frames; f++) largest = maximum(largest, logits[f * count + k]);
      for (size_t f = 0; f < sizes->frames; f++) {
        shares[f * count + k] = exponential(logits[f * count + k] - largest);
        sum += shares[f * count + k];
      }
      for (size_t f = 0; f < sizes->frames; f++) shares[f * count + k] /= sum;
    }
    memset(output, 0, count * columns * sizeof(float));
    for (size_t f = 0; f < sizes->frames; f++) {
      for (size_t k = 0; k < count; k++, answers += columns) {
        float share = shares[f * count + k];
        for (size_t j = 0; j < columns; j++) output[k * columns + j] += share * answers[j];
      }
    }
    output += count * columns;
    shares += sizes->frames * count;
    logits += sizes->frames * count;
  }
}

CLONES void CKernels_mixture_answers(float *restrict answer_gradient,
                                     const float *restrict output_gradient,
                                     const float *restrict shares, int accumulate,
                                     const CKernels_mixture *sizes, size_t samples) {
  size_t count = sizes->points, columns = sizes->columns;
  for (size_t i = 0; i < samples; i++, output_gradient += count * columns) {
    for (size_t f = 0; f < sizes->frames; f++, shares += count) {
      for (size_t k = 0; k < count; k++, answer_gradient += columns) {
        for (size_t j = 0; j < columns; j++) {
          float before = accumulate ? answer_gradient[j] : 0.0f;
          answer_gradient[j] = before + shares[k] * output_gradient[k * columns + j];
        }
      }
    }
  }
}

CLONES void CKernels_mixture_logits(float *restrict logit_gradient,
                                    const float *restrict output_gradient,
                                    const float *restrict answers, const float *restrict output,
                                    const float *restrict shares, int accumulate,
                                    const CKernels_mixture *sizes, size_t samples) {
  size_t count = sizes->points, columns = sizes->columns;
  for (size_t i = 0; i < samples; i++) {
    for (size_t f = 0; f < sizes->frames; f++) {
      for (size_t k = 0; k < count; k++, answers += columns) {
        const float *dy = output_gradient + k * columns, *y = output + k * columns;
        float sum = 0.0f;
        for (size_t j = 0; j < columns; j++) sum += dy[j] * (answers[j] - y[j]);
        float before = accumulate ? logit_gradient[k] : 0.0f;
        logit_gradient[k] = before + shares[k] * sum;
      }
      logit_gradient += count;
      shares += count;
    }
    output_gradient += count * columns;
    output += count * columns;
  }
}
