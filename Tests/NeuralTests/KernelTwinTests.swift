import CKernels
import Foundation
import Randomness
import TestSupport
import Testing

/// The fast kernels against naive twins over odd sizes: 1, tails, empty.
@Suite struct KernelTwinTests {
  static let sizes = [0, 1, 2, 7, 15, 16, 17, 63, 100]

  private func numbers(_ count: Int, _ index: Int, scale: Double = 1) -> [Float] {
    var stream = RandomStream(seed: 5, purpose: .metric, index: UInt32(index))
    return (0..<count).map { _ in Float(stream.normal() * scale) }
  }

  /// The activations in double precision, by libm.
  private func twin(_ kind: CKernels_activation, _ x: Double) -> (value: Double, slope: Double) {
    switch kind {
    case CKernels_identity: return (x, 1)
    case CKernels_relu: return (max(x, 0), x > 0 ? 1 : 0)
    case CKernels_leaky_relu: return (x > 0 ? x : 0.1 * x, x > 0 ? 1 : 0.1)
    case CKernels_gelu_erf:
      let distribution = 0.5 * erfc(-x / 2.0.squareRoot())
      return (x * distribution, distribution + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
    case CKernels_gelu_tanh:
      let c = (2 / Double.pi).squareRoot()
      let t = tanh(c * (x + 0.044715 * x * x * x))
      return (
        0.5 * x * (1 + t),
        0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)
      )
    case CKernels_silu:
      let s = 1 / (1 + exp(-x))
      return (x * s, s * (1 + x * (1 - s)))
    case CKernels_sine: return (sin(x), cos(x))
    case CKernels_mish:
      let t = tanh(log1p(exp(x)))
      return (x * t, t + x * (1 - t * t) / (1 + exp(-x)))
    default: return (tanh(x), 1 - tanh(x) * tanh(x))
    }
  }

  @Test(arguments: [
    CKernels_identity, CKernels_relu, CKernels_leaky_relu, CKernels_gelu_erf, CKernels_gelu_tanh,
    CKernels_silu, CKernels_sine, CKernels_tanh, CKernels_mish,
  ])
  func `activations agree with libm`(_ kind: CKernels_activation) {
    for columns in Self.sizes {
      let x = numbers(columns, columns, scale: 3)
      var y = x
      var slope = x
      CKernels_activation_forward(&y, &slope, x, kind, 0.1, columns)
      let expected = x.map { twin(kind, Double($0)) }
      expectClose(y, expected.map(\.value), relative: 2e-6, absolute: 3e-7, "value \(columns)")
      expectClose(slope, expected.map(\.slope), relative: 2e-6, absolute: 1e-6, "slope \(columns)")
      var inPlace = x
      inPlace.withUnsafeMutableBufferPointer { values in
        let start = values.baseAddress
        CKernels_activation_forward(start, nil, start, kind, 0.1, columns)
      }
      #expect(inPlace == y)
    }
  }

  @Test func `a sine is right however far from 0`() {
    var x: [Float] = [4095.9, 4096, 4096.1, -4097, 1e5, 1e7, -3e9, 1e20, -1e30, 3e38]
    var stream = RandomStream(seed: 2, purpose: .metric)
    for exponent in 0..<120 {
      x.append(Float((1 + stream.uniform()) * pow(2, Double(exponent))))
    }
    x += numbers(100, 9, scale: 2000)
    var y = x
    var slope = x
    CKernels_activation_forward(&y, &slope, x, CKernels_sine, 0, x.count)
    expectClose(y, x.map { sin(Double($0)) }, absolute: 4e-7, "sine")
    expectClose(slope, x.map { cos(Double($0)) }, absolute: 4e-7, "cosine")
    var inPlace = x
    inPlace.withUnsafeMutableBufferPointer { values in
      let start = values.baseAddress
      CKernels_activation_forward(start, nil, start, CKernels_sine, 0, x.count)
    }
    #expect(inPlace == y)
  }

  @Test func `activations of extreme inputs are finite and a NaN stays one`() {
    let x: [Float] = [-1e30, -200, -90, 0, 90, 200, 1e30, .nan]
    for kind in [
      CKernels_gelu_erf, CKernels_gelu_tanh, CKernels_silu, CKernels_tanh, CKernels_mish,
    ] {
      var y = x
      CKernels_activation_forward(&y, nil, x, kind, 0, x.count)
      #expect(y.dropLast().allSatisfy { $0.isFinite })
      #expect(y[7].isNaN)
    }
  }

  @Test func `softmax of any offset sums to one and agrees with libm`() {
    for columns in Self.sizes where columns > 0 {
      let x = numbers(2 * columns, columns, scale: 4).map { $0 + 500 }
      var y = x
      CKernels_softmax_forward(&y, x, 2, columns)
      for row in 0..<2 {
        let part = x[row * columns..<(row + 1) * columns].map { exp(Double($0) - 500) }
        let sum = part.reduce(0, +)
        expectClose(
          Array(y[row * columns..<(row + 1) * columns]), part.map { $0 / sum }, relative: 1e-5)
      }
    }
  }

  @Test func `layer normalisation agrees with its definition`() {
    for columns in Self.sizes where columns > 1 {
      let x = numbers(2 * columns, columns).map { $0 + 30 }
      let scale = numbers(columns, 1)
      let shift = numbers(columns, 2)
      var y = x
      var statistics = [Float](repeating: 0, count: 4)
      CKernels_layer_norm_forward(&y, &statistics, x, scale, shift, 1e-5, 2, columns)
      for row in 0..<2 {
        let part = x[row * columns..<(row + 1) * columns].map { Double($0) }
        let mean = part.reduce(0, +) / Double(columns)
        let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        let expected = part.indices.map {
          (part[$0] - mean) / (variance + 1e-5).squareRoot() * Double(scale[$0]) + Double(shift[$0])
        }
        expectClose(
          Array(y[row * columns..<(row + 1) * columns]), expected, relative: 1e-4, absolute: 5e-5)
      }
    }
  }

  @Test func `normal numbers agree with the Box-Muller transform of Philox words`() {
    for count in Self.sizes {
      var values = [Float](repeating: 0, count: count)
      CKernels_normals(&values, count, 42, 7, 3, 4)
      let philox = Philox(key: 42)
      let expected = (0..<count).map { index -> Double in
        let block = philox.block(SIMD4(UInt32(index / 4), 7, 3, 4))
        let pair = index % 4 / 2 * 2
        let u = (Double(block[pair] >> 8) + 0.5) / 16_777_216
        let angle = 2 * Double.pi * Double(block[pair + 1] >> 8) / 16_777_216
        return (-2 * log(u)).squareRoot() * (index % 2 == 0 ? cos(angle) : sin(angle))
      }
      expectClose(values, expected, relative: 1e-5, absolute: 3e-6, "\(count) numbers")
    }
  }

  @Test func `normal numbers have the moments of a normal distribution`() {
    let count = 1_000_000
    var values = [Float](repeating: 0, count: count)
    CKernels_normals(&values, count, 1, 0, 0, 0)
    let moments = (1...4).map { power in
      values.reduce(0.0) { $0 + pow(Double($1), Double(power)) } / Double(count)
    }
    // Standard errors of the four: 1, √2, √15, √96 over √count; five of them.
    expectClose(moments[0], 0.0, absolute: 5e-3)
    expectClose(moments[1], 1.0, absolute: 7.1e-3)
    expectClose(moments[2], 0.0, absolute: 1.95e-2)
    expectClose(moments[3], 3.0, absolute: 4.9e-2)
  }

  @Test func `every worker takes part in every run and queues hand out each task once`() throws {
    let pool = try #require(CKernels_pool_create(3))
    defer { CKernels_pool_destroy(pool) }
    final class Counters {
      let pool: OpaquePointer
      let tasks = UnsafeMutablePointer<Int>.allocate(capacity: 100)
      let workers = UnsafeMutablePointer<Int>.allocate(capacity: 3)
      init(_ pool: OpaquePointer) {
        self.pool = pool
        tasks.initialize(repeating: 0, count: 100)
        workers.initialize(repeating: 0, count: 3)
      }
      deinit {
        tasks.deallocate()
        workers.deallocate()
      }
    }
    let counters = Counters(pool)
    for _ in 0..<200 {
      CKernels_pool_run(
        pool,
        { context, worker in
          guard let context else { return }
          let counters = Unmanaged<Counters>.fromOpaque(context).takeUnretainedValue()
          counters.workers[worker] += 1
          while true {
            let task = CKernels_pool_next(counters.pool, 2)
            if task >= 50 { break }
            counters.tasks[task] += 1
          }
          CKernels_pool_barrier(counters.pool)
          // Everybody's work of the first phase is visible after the barrier.
          while true {
            let task = CKernels_pool_next(counters.pool, 3)
            if task >= 50 { break }
            counters.tasks[50 + task] += counters.tasks[49 - task] > 0 ? 1 : 0
          }
        }, Unmanaged.passUnretained(counters).toOpaque())
    }
    #expect((0..<100).allSatisfy { counters.tasks[$0] == 200 })
    #expect((0..<3).allSatisfy { counters.workers[$0] == 200 })
  }
}
