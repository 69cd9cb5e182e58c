// Fused float kernels: matrix products (CKernelsProducts.h) and what stands between two of them,
// the optimiser's pass, random numbers, and the thread pool they run on.
//
// Conventions: outputs come first, then inputs, then sizes. Arrays are row-major; `rows x columns`
// arrays are dense. Pointers of one call do not overlap unless the comment allows it. Nothing
// here allocates (but for the pool), locks, prints or exits.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsProducts.h"

// MARK: Activations

typedef enum {
  CKernels_identity = 0,
  CKernels_relu,
  CKernels_leaky_relu,
  CKernels_gelu_erf,
  CKernels_gelu_tanh,
  CKernels_silu,
  CKernels_sine,
  CKernels_tanh,
  CKernels_mish,
  CKernels_exponential,
} CKernels_activation;

// output = f(input) and slope = f'(input) over count elements.
//   Any two of output, slope and input may be the same array, except that output and slope differ.
//     slope may be null where nothing is trained.
//   parameter: the negative slope of leaky ReLU; unused otherwise.
void CKernels_activation_forward(float *output, float *slope, const float *input,
                                 CKernels_activation kind, float parameter, size_t count);

// MARK: Elementwise

// output = scale_a * a + scale_b * b over count elements; output may be a or b.
void CKernels_sum(float *output, const float *a, const float *b, float scale_a, float scale_b,
                  size_t count);

// output = scale * a, or output += scale * a where accumulate; output may be a.
void CKernels_scale(float *output, const float *a, float scale, int accumulate, size_t count);

// output = a * b elementwise, or output += a * b where accumulate; output may be a.
void CKernels_multiply(float *output, const float *a, const float *b, int accumulate,
                       size_t count);

// output[i, j] = what the sums of a product start from; zeros where start gives nothing.
//   output: rows x columns.
void CKernels_fill_rows(float *output, const CKernels_start *start, size_t rows, size_t columns);

// output[t, j] = the sum of input[i, j] over the rows i with index[i] = t, in their order.
//   output: groups x columns; input: rows x columns; rows of both apart by stride; index: rows, in
//   0 ..< groups.
void CKernels_group_sums(float *output, const float *input, const int32_t *index, size_t groups,
                         size_t rows, size_t columns, size_t stride);

// Copies rows x columns between arrays whose rows are output_stride and input_stride apart;
// adds to the output where accumulate.
void CKernels_copy_columns(float *output, const float *input, int accumulate, size_t rows,
                           size_t columns, size_t output_stride, size_t input_stride);

// output[j] = sum over rows of input[i, j], or added to it where accumulate.
//   output: columns; input: rows apart by stride.
void CKernels_column_sums(float *output, const float *input, int accumulate, size_t rows,
                          size_t columns, size_t stride);

// output[i, j] = input[i, j] + shift[j]; output may be input.
//   output, input: rows x columns; shift: columns.
void CKernels_shift_rows(float *output, const float *input, const float *shift, size_t rows,
                         size_t columns);

// MARK: Modulation

// How a condition scales and shifts the rows of each sample: a row of `columns` elements times
// (offset + scale) plus shift, each a slice of the sample's condition.
typedef struct {
  size_t rows, columns;
  size_t stride;        // elements of a sample's condition
  size_t scale, shift;  // where the two begin in it
  int has_scale, has_shift;
  float offset;
} CKernels_modulation;

// output, input: samples x rows x columns, may be the same; condition: samples x stride.
void CKernels_modulate_forward(float *output, const float *input, const float *condition,
                               const CKernels_modulation *sizes, size_t samples);

// The gradient of the above for the input, added where accumulate.
void CKernels_modulate_backward(float *input_gradient, const float *output_gradient,
                                const float *condition, int accumulate,
                                const CKernels_modulation *sizes, size_t samples);

// The gradient of the above for scale and shift, added to what stands there.
//   condition_gradient: samples x stride; the rest as above.
void CKernels_modulate_condition(float *condition_gradient, const float *output_gradient,
                                 const float *input, const CKernels_modulation *sizes,
                                 size_t samples);

// MARK: Sequences: length x channels each, dense

// The windows that a kernel meets along a sequence: place i begins at step i * stride - padding,
// steps outside the sequence are zeros.
typedef struct {
  size_t length, channels;
  size_t kernel, stride, padding;
  size_t places;
} CKernels_window_shape;

// Lays windows side by side, or adds them where accumulate.
//   output: samples x places x (kernel x channels); input: samples x length x channels.
void CKernels_windows(float *output, const float *input, int accumulate,
                      const CKernels_window_shape *shape, size_t samples);

// The transpose of the above: adds each window where it lies.
//   output: samples x length x channels, added to where accumulate; input: samples x places x
//   (kernel x channels).
void CKernels_overlap_add(float *output, const float *input, int accumulate,
                          const CKernels_window_shape *shape, size_t samples);

// MARK: Points of the plane, seen from poses

// Poses are (x, y) or (x, y, cosine, sine) each, `frames` of them a sample.
typedef struct {
  size_t frames, points;
  size_t pose_width;  // 2 or 4
  int is_direction;   // points are differences, which a pose's position does not move
} CKernels_frames;

// output = R^T (point - position) for each pose and point.
//   output: samples x frames x points x 2; points: samples x points x 2; poses: samples x frames x
//   pose_width.
void CKernels_seen_forward(float *output, const float *points, const float *poses,
                           const CKernels_frames *sizes, size_t samples);

// The gradient of the above for the points, added where accumulate; poses get none.
void CKernels_seen_backward(float *point_gradient, const float *output_gradient,
                            const float *poses, int accumulate, const CKernels_frames *sizes,
                            size_t samples);

// output = R input for each pose's own pairs, or R^T input where is_inverse; added where
// accumulate.
//   output, input: samples x frames x points x 2.
void CKernels_turn(float *output, const float *input, const float *poses, int is_inverse,
                   int accumulate, const CKernels_frames *sizes, size_t samples);

// The answers of several frames for each of a chunk's points.
typedef struct {
  size_t frames, points, columns;
} CKernels_mixture;

// output[k] = sum over frames of shares[f, k] answers[f, k], shares the softmax of logits over the
// frames.
//   output: samples x points x columns; shares, logits: samples x frames x points; answers: samples
//   x frames x points x columns.
void CKernels_mixture_forward(float *output, float *shares, const float *answers,
                              const float *logits, const CKernels_mixture *sizes, size_t samples);

// The gradient of the above for the answers, added where accumulate.
void CKernels_mixture_answers(float *answer_gradient, const float *output_gradient,
                              const float *shares, int accumulate, const CKernels_mixture *sizes,
                              size_t samples);

// The gradient of the above for the logits, added where accumulate.
void CKernels_mixture_logits(float *logit_gradient, const float *output_gradient,
                             const float *answers, const float *output, const float *shares,
                             int accumulate, const CKernels_mixture *sizes, size_t samples);

// MARK: Attention

// The sizes of an attention over the tokens of a sample, of which `queries` from first_query on
// attend.
typedef struct {
  size_t tokens, first_query, queries, heads, head_width;
} CKernels_attention;

// Multi-head attention: each token takes the mean of the sample's values, weighted by
// softmax(query . key / sqrt(head_width)), for each head.
//   output: samples x queries x (heads x head_width).
//   weights: samples x heads x queries x tokens, kept for the backward pass.
//   input: samples x tokens x 3 x (heads x head_width): queries, keys and values side by side.
void CKernels_attention_forward(float *output, float *weights, const float *input, size_t samples,
                                const CKernels_attention *sizes);

// The gradient of the above for its input, added where accumulate.
//   input_gradient, input: samples x tokens x 3 x (heads x head_width); weights: as the forward
//   pass left them, overwritten; output_gradient, output: samples x queries x (heads x head_width).
void CKernels_attention_backward(float *input_gradient, float *weights,
                                 const float *output_gradient, const float *output,
                                 const float *input, int accumulate, size_t samples,
                                 const CKernels_attention *sizes);

// The same with tokens that are keys and values of all heads, under softmax(query . token).
//   output, weights: as above; queries: samples x tokens x (heads x head_width); tokens: samples x
//   tokens x head_width.
void CKernels_shared_attention(float *output, float *weights, const float *queries,
                               const float *tokens, size_t samples,
                               const CKernels_attention *sizes);

// MARK: Normalisation and softmax

// Layer normalisation (Ba et al. 2016): output = (input - mean) / sqrt(variance + epsilon) * scale
// + shift over each row.
//   output, input: rows x columns, may be the same where statistics is null.
//   statistics: rows x 2 (mean, 1 / standard deviation) for the backward pass, or null.
//   scale, shift: columns, or null for ones and zeros.
void CKernels_layer_norm_forward(float *output, float *statistics, const float *input,
                                 const float *scale, const float *shift, float epsilon,
                                 size_t rows, size_t columns);

// The gradient of layer normalisation for its input, added where accumulate.
//   input_gradient, output_gradient, input: rows x columns (input_gradient may be
//     output_gradient); statistics: rows x 2; scale: columns, or null for ones.
void CKernels_layer_norm_backward(float *input_gradient, const float *output_gradient,
                                  const float *input, const float *statistics,
                                  const float *scale, int accumulate, size_t rows,
                                  size_t columns);

// The gradients of layer normalisation for scale and shift over a range of columns, added where
// accumulate.
//   scale_gradient, shift_gradient: columns; output_gradient, input: rows apart by stride;
//   statistics: rows x 2.
void CKernels_layer_norm_parameters(float *scale_gradient, float *shift_gradient,
                                    const float *output_gradient, const float *input,
                                    const float *statistics, int accumulate, size_t rows,
                                    size_t columns, size_t stride);

// output = exp(input - maximum) / sum over each row; output may be input.
void CKernels_softmax_forward(float *output, const float *input, size_t rows, size_t columns);

// input_gradient = output * (output_gradient - sum(output * output_gradient)) over each row, added
// where accumulate; input_gradient may be output_gradient.
void CKernels_softmax_backward(float *input_gradient, const float *output_gradient,
                               const float *output, int accumulate, size_t rows, size_t columns);

// MARK: Images: height x width x channels each, dense

// The largest number of channels that the kernels below which sum over positions take.
#define CKernels_channel_limit 1024

// The patches of an image that a square kernel meets.
typedef struct {
  size_t height, width, channels;  // of the image
  size_t kernel, stride, padding;  // padding: rows and columns of zeros on every side; < kernel
} CKernels_patch_shape;

// Lays the patches of images side by side: one row for each place of the kernel, with
// (height + 2 padding - kernel) / stride + 1 places down and as many across likewise.
//   output: images x places down x places across x (kernel x kernel x channels);
//   input: images x height x width x channels.
void CKernels_patches(float *output, const float *input, const CKernels_patch_shape *shape,
                      size_t images);

// The gradient of the above for the input, added where accumulate.
//   input_gradient as input, output_gradient as output above.
void CKernels_patches_backward(float *input_gradient, const float *output_gradient,
                               int accumulate, const CKernels_patch_shape *shape, size_t images);

// Group normalisation (Wu & He 2018): (input - mean) / sqrt(variance + epsilon) * scale + shift,
// mean and variance over all positions of a group of neighbouring channels of one image.
//   output, input: images x positions x channels, may be the same where statistics is null.
//   statistics: images x groups x 2 (mean, 1 / standard deviation), or null.
//   scale, shift: channels, a multiple of groups and at most CKernels_channel_limit.
void CKernels_group_norm_forward(float *output, float *statistics, const float *input,
                                 const float *scale, const float *shift, float epsilon,
                                 size_t images, size_t positions, size_t channels,
                                 size_t groups);

// The gradient of group normalisation for its input, added where accumulate.
//   input_gradient, output_gradient, input: images x positions x channels (input_gradient may be
//     output_gradient); statistics: images x groups x 2; scale: channels.
void CKernels_group_norm_backward(float *input_gradient, const float *output_gradient,
                                  const float *input, const float *statistics,
                                  const float *scale, int accumulate, size_t images,
                                  size_t positions, size_t channels, size_t groups);

// The gradients of group normalisation for scale and shift, added where accumulate.
//   scale_gradient, shift_gradient: channels; output_gradient, input: images x positions x
//   channels; statistics: images x groups x 2.
void CKernels_group_norm_parameters(float *scale_gradient, float *shift_gradient,
                                    const float *output_gradient, const float *input,
                                    const float *statistics, int accumulate, size_t images,
                                    size_t positions, size_t channels, size_t groups);

// The mean of each channel over all positions.
//   output: images x channels; input: images x positions x channels.
void CKernels_mean_pool_forward(float *output, const float *input, size_t images,
                                size_t positions, size_t channels);

// The gradient of the above for the input, added where accumulate.
//   input_gradient: images x positions x channels; output_gradient: images x channels.
void CKernels_mean_pool_backward(float *input_gradient, const float *output_gradient,
                                 int accumulate, size_t images, size_t positions,
                                 size_t channels);

// Spatial softmax: the mean position of each channel under exp(input) / sum over positions; the
// coordinates run from -1 (left, top) to 1 (right, bottom).
//   output: images x 2 x channels, all coordinates across, then all down;
//   shares: images x height x width x channels, the softmax, for the backward pass;
//   input: images x height x width x channels, at most CKernels_channel_limit channels.
void CKernels_spatial_softmax_forward(float *output, float *shares, const float *input,
                                      size_t images, size_t height, size_t width,
                                      size_t channels);

// The gradient of the above for the input, added where accumulate.
//   input_gradient, shares: images x height x width x channels; output_gradient, output:
//   images x 2 x channels.
void CKernels_spatial_softmax_backward(float *input_gradient, const float *output_gradient,
                                       const float *output, const float *shares, int accumulate,
                                       size_t images, size_t height, size_t width,
                                       size_t channels);

// MARK: Loss

// loss[i] = weight[i] / columns * sum over j of (prediction[i, j] - target[i, j])^2.
//   loss, weight: rows (weight may be null for ones); prediction, target: rows x columns.
void CKernels_squared_error_forward(float *loss, const float *prediction, const float *target,
                                    const float *weight, size_t rows, size_t columns);

// The gradient of the above for the prediction, added where accumulate.
//   prediction_gradient, prediction, target: rows x columns; loss_gradient, weight: rows.
void CKernels_squared_error_backward(float *prediction_gradient, const float *loss_gradient,
                                     const float *prediction, const float *target,
                                     const float *weight, int accumulate, size_t rows,
                                     size_t columns);

// InfoNCE (van den Oord et al. 2018) over groups of rows whose first is the true one:
// loss[i] = energy[first] + log sum over the group of exp(-energy), the same for each row of a
// group.
//   loss, energy: groups x group.
//   probabilities: groups x group, softmax(-energy), kept for the backward pass.
void CKernels_contrast_forward(float *loss, float *probabilities, const float *energy,
                               size_t groups, size_t group);

// The gradient of the above for the energies, added where accumulate.
//   energy_gradient, loss_gradient, probabilities: groups x group.
void CKernels_contrast_backward(float *energy_gradient, const float *loss_gradient,
                                const float *probabilities, int accumulate, size_t groups,
                                size_t group);

// MARK: Losses of predicted distributions
//
// Each gives one loss a sample, and in slope, unless that is null, the loss's derivative for every
// predicted number. A class or row that is out of range gives a loss of NaN.

// loss[i] = mean over rows of ln(sum over j of e^logits[i, r, j]) - logits[i, r, classes[i, r]].
//   loss: samples; slope, logits: samples x rows x columns; classes: samples x rows, whole numbers
//   in 0 ..< columns.
void CKernels_cross_entropy(float *loss, float *slope, const float *logits, const float *classes,
                            size_t samples, size_t rows, size_t columns);

// The negative log likelihood under a diagonal normal distribution, mean over columns of
// (s + (target - mean)^2 e^-s + ln 2 pi) / 2; the log variance s is a raw number r bounded softly
// (Chua et al. 2018): low + softplus(a - low) with a = high - softplus(high - r).
//   loss: samples; slope, prediction: samples x 2 x columns (means, then raw log variances);
//   target: samples x columns.
void CKernels_gaussian_likelihood(float *loss, float *slope, const float *prediction,
                                  const float *target, float low, float high, size_t samples,
                                  size_t columns);

// A reverse step's term of a diffusion's bound (Nichol and Dhariwal 2021), for its variances alone:
// w ((s + (p + g (target - mean)^2) e^-s) / 2 + c), mean over columns, with s = m + k r.
//   loss: samples; slope, prediction: samples x 2 x columns (means, then r; means have no slope);
//   target: samples x columns; factors: samples x 6, that is w, m, k, p, g, c.
void CKernels_step_variance(float *loss, float *slope, const float *prediction,
                            const float *target, const float *factors, size_t samples,
                            size_t columns);

// output = e^(s / 2), the standard deviations that belong to raw log variances as above.
//   output, raw: count.
void CKernels_bounded_deviation(float *output, const float *raw, float low, float high,
                                size_t count);

// loss[i] = mean over j of (predictions[i, selection[i], j] - target[i, j])^2.
//   loss, selection: samples, whole numbers in 0 ..< rows; slope, predictions: samples x rows x
//   columns; target: samples x columns.
void CKernels_selected_error(float *loss, float *slope, const float *predictions,
                             const float *target, const float *selection, size_t samples,
                             size_t rows, size_t columns);

// output[i, j] = factors[i] * input[i, j], or added to it where accumulate.
//   output, input: rows x columns; factors: rows.
void CKernels_scale_rows(float *output, const float *input, const float *factors, int accumulate,
                         size_t rows, size_t columns);

// MARK: Optimiser

// What one AdamW step needs besides the arrays (Loshchilov & Hutter 2019; PyTorch's form).
typedef struct {
  float learning_rate;
  float beta1, beta2;
  float correction1, correction2;  // 1 - beta^step
  float epsilon;
  float weight_decay;
  float gradient_scale;  // of clipping; 1 for none
  float average_decay;   // of the moving average: average = decay * average + (1 - decay) * new
} CKernels_adamw_options;

// One step over count parameters, in one pass: clipping's scale, both moments, decoupled weight
// decay, the update, and the moving average of the weights (average may be null).
void CKernels_adamw(float *parameters, float *moment1, float *moment2, float *average,
                    const float *gradients, const CKernels_adamw_options *options, size_t count);

// The sum of squares of count elements, in double precision.
double CKernels_sum_of_squares(const float *values, size_t count);

// MARK: Random numbers

// Standard normal numbers from Philox 4x32-10 blocks (block, index, step, purpose) under key for
// block = 0, 1, ...: four numbers a block by the Box-Muller transform of words (0,1) and (2,3).
void CKernels_normals(float *output, size_t count, uint64_t key, uint32_t index, uint32_t step,
                      uint32_t purpose);

// MARK: Kernel densities

// exponents[i] = the logarithm of a normal kernel about points[i] at a place, but for its
// normalisation, each value reflected at -1 and 1.
//   exponents: count; points: count x width; place: width, all within [-1, 1];
//   deviation: in (0, 1].
void CKernels_folded_exponents(float *exponents, const float *points, const float *place,
                               float deviation, size_t count, size_t width);

// MARK: Processor

// Flushes denormals to zero in the calling thread.
void CKernels_prepare_thread(void);

// Which of the compiled versions of the kernels this processor runs: "x86-64-v4", "x86-64-v3" or
// "default".
const char *CKernels_processor_version(void);

// The machine code that runs when the optimiser's kernel, which the loader chooses as it does all
// kernels', and when a matrix product is called.
const void *CKernels_adamw_code(void);
const void *CKernels_matmul_code(void);

// MARK: Threads

// Workers that run one function together; the calling thread is worker 0.
typedef struct CKernels_pool CKernels_pool;

// Starts threads - 1 workers; null where the system refuses.
CKernels_pool *CKernels_pool_create(size_t threads);

// Stops and joins the workers.
void CKernels_pool_destroy(CKernels_pool *pool);

// Runs body(context, worker) once on each worker and returns when all have returned.
void CKernels_pool_run(CKernels_pool *pool, void (*body)(void *context, size_t worker),
                       void *context);

// Inside a body: waits until every worker has come here.
void CKernels_pool_barrier(CKernels_pool *pool);

// Inside a body: the next task number of a queue (0...15), 0, 1, 2, ... across all workers. Queues
// start again at 0 with each run.
size_t CKernels_pool_next(CKernels_pool *pool, size_t queue);

#include "CKernelsLatents.h"

#endif
