import EnvironmentInterface
import Observation

/// A model that an app's views watch: `@Observable` compiles beside this package.
@Observable final class Watched {
  var action: [Float] = []
}
