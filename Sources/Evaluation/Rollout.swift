import Imitation
