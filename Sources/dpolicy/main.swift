print("dpolicy")
