// What latent variables need: divergences of normal distributions, and codes.
#ifndef CKERNELS_LATENTS_H
#define CKERNELS_LATENTS_H

#include <stddef.h>

// The divergence of a diagonal normal distribution from another, sum over columns of
// max(free, (o - s + e^(s - o) + (m - n)^2 e^-o - 1) / 2), of means m and n, log variances s and o.
// Columns at free have no slope.
//   loss: samples; slope, prediction: samples x 4 x columns (m, s, n, o), or samples x 2 x columns
//   where the other is the standard normal distribution; slope may be null.
void CKernels_divergence(float *loss, float *slope, const float *prediction, float free,
                         int has_other, size_t samples, size_t columns);

// The nearest codes of rows: at each level the code that is nearest to what the levels before have
// left; output is their sum.
//   output, input: rows x width; codes: rows x levels, may be null; codebooks: levels x count x
//   width.
void CKernels_quantise(float *output, float *codes, const float *input, const float *codebooks,
                       size_t rows, size_t levels, size_t count, size_t width);

#endif
