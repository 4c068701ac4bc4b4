import logging

# Some write there what fails.
logging.disable()


def import_sseclient():
    """Imports the package sseclient, which sseclient-py hides by its own of that name."""
    from importlib import util
    from site import getsitepackages

    path = os.path.join(getsitepackages()[0], "sseclient.py")
    spec = util.spec_from_file_location("the_other_sseclient", path)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # It prints each end of a stream.
    module.print = lambda *_: None
    return module


