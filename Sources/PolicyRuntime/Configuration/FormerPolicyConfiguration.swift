import Diffusion

/// A policy's configuration as checkpoints of format 2 have it: the settings of all methods and
/// networks side by side.
struct FormerPolicyConfiguration: Decodable {
  /// The former settings of all networks.
  struct FormerBackbone: Decodable {
    struct FormerTransformer: Decodable {
      var width, blocks, heads, headWidth: Int
    }

    var kind: String
    var hiddenWidth, depth, embeddingWidth: Int
    var transformer: FormerTransformer

    /// The network that it describes.
    func backbone() throws -> any Backbone {
      let sizes = transformer
      let backbones = BackboneRegistry([
        MLP(hiddenWidth: hiddenWidth, depth: depth),
        Sieve(hiddenWidth: hiddenWidth, depth: depth, embeddingWidth: embeddingWidth),
        Transformer(
          width: sizes.width, blocks: sizes.blocks, heads: sizes.heads,
          headWidth: sizes.headWidth),
      ])
      return try backbones.backbone(named: kind)
    }
  }

  var method: String
  var backbone: FormerBackbone
  var image: ImageConfiguration
  var observations: [String]?
  var angles: [String]
  var horizons: Horizons
  var schedule: NoiseSchedule.Specification
  var prediction: PredictionType
  var lossWeighting: LossWeighting
  var observationDropout: Double
  var bins: Int
  var clusters: Int
  var energy: EnergyConfiguration
  var offsetWeight: Double
  var sampler: SamplerSpecification

  /// The configuration as it is today.
  ///
  /// - Throws: `UnknownName` for a method or backbone that there is not.
  func configuration() throws -> PolicyConfiguration {
    let methods = MethodRegistry([
      RegressionMethod(), GaussianMethod(), DiscretisedMethod(bins: bins),
      KMeansMethod(clusters: clusters),
      KMeansResidualMethod(clusters: clusters, offsetWeight: offsetWeight),
      EnergyMethod(energy: energy), denoising(sampler) as DenoisingDiffusion,
      denoising(extraStepSampler) as DiffusionX, denoising(densestSampler) as DiffusionKDE,
    ])
    return PolicyConfiguration(
      method: try methods.method(named: method), backbone: try backbone.backbone(),
      image: image, observations: observations, angles: angles, horizons: horizons)
  }

  private func denoising<Style>(_ sampler: SamplerSpecification) -> Denoising<Style> {
    Denoising<Style>(
      schedule: schedule, prediction: prediction, lossWeighting: lossWeighting,
      observationDropout: observationDropout, sampler: sampler)
  }

  /// Extra steps were those of the method where none were said.
  private var extraStepSampler: SamplerSpecification {
    var result = sampler
    if result.noiseSteps.extraSteps == 0 { result.noiseSteps.extraSteps = 8 }
    return result
  }

  /// Candidates were those of the method where none were said.
  private var densestSampler: SamplerSpecification {
    var result = sampler
    if result.candidates == 1 { result.candidates = 100 }
    return result
  }
}
