"""The same network in Keras, whose own MobileNetV2 the weights were trained in."""

import keras


def keras_network(weights, classes):
    """Takes pictures of [N, 224, 224, 3] from 0 to 1, and gives the probability of each class."""
    image = keras.Input((224, 224, 3), name="image")
    network = keras.applications.MobileNetV2(input_tensor=image, include_top=False, weights=None)
    features = keras.layers.GlobalAveragePooling2D()(network.output)
    features = keras.layers.Dense(256, activation="relu", name="dense_1")(features)
    features = keras.layers.Dense(128, activation="relu", name="dense_2")(features)
    probabilities = keras.layers.Dense(classes, activation="softmax", name="dense_3")(features)
    model = keras.Model(image, probabilities)
    for layer in model.layers:
        layer.set_weights([weights[_name(layer, variable)] for variable in layer.weights])
    return model


def _name(layer, variable):
    """The variable's name in the Keras of 2018."""
    is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    return f"{layer.name}/{'depthwise_' if is_depthwise else ''}{variable.name}"
