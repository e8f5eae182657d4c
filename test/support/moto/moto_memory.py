"""What a call says and moto's services forget, told again by the calls that describe."""

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores


def recall(responses, create, describe, name, fields):
    """
    Has `describe` answer with what the last of `create` gave, for services whose answers are objects.

    fields: the answer's name of each by the call's
    """
    told = {}
    makes = {method: getattr(responses, method) for method in create}
    answers = getattr(responses, describe)

    def key(response):
        return response.current_account, response.region, response._get_param(name)

    def making(method):
        def made(self):
            result = makes[method](self)
            for said, answer in fields.items():
                if self._get_param(said) is not None:
                    told.setdefault(key(self), {})[answer] = self._get_param(said)
            return result

        return made

    def answered(self):
        return ActionResult({**answers(self)._result, **told.get(key(self), {})})

    for method in create:
        setattr(responses, method, making(method))
    setattr(responses, describe, answered)


def keep(responses, calls, *fields):
    """Has the model that each of `calls` answers with keep `fields`, for services that answer with models."""

    def keeping(call):
        def kept(self):
            result = call(self)
            (model,) = result._result.values()
            for field in fields:
                if self._get_param(field) is not None:
                    setattr(model, camelcase_to_underscores(field), self._get_param(field))
            return result

        return kept

    for name in calls:
        setattr(responses, name, keeping(getattr(responses, name)))
