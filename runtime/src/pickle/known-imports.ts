import { type CallValue, type Import, isImport } from './values.js';

/** Imports of the saved models of a framework. */
export interface KnownImports {
  readonly framework: string;
  readonly modules: RegExp;
  readonly names: RegExp | readonly string[];
}

/**
 * Classes by the naming convention of Python, and the functions that restore classes of Cython. Modules also contain
 * classes of Python that they use, and those that make classes or locks do not belong to a model.
 */
const CLASSES = /^(?!(ABC\w*|Enum|GenericAlias|Lock|NamedTuple|TypeVar)$)(_?[A-Z]\w*|__pyx_unpickle_\w+)$/;

/** Functions of one array, as NumPy and PyTorch name them, that models apply to columns and layers. */
const ELEMENTWISE =
  'abs absolute ceil cos cosh exp exp2 expm1 fabs floor isnan log log10 log1p log2 negative reciprocal rint round sign ' +
  'sin sinh sqrt square tan tanh trunc';

/** Activations of layers. */
const ACTIVATIONS =
  'celu elu gelu glu hardsigmoid hardswish hardtanh leaky_relu log_softmax logsigmoid mish relu relu6 relu_ selu sigmoid ' +
  'silu softmax softplus softsign tanh';

const TORCH_DTYPES =
  'bfloat16 bool complex128 complex32 complex64 float16 float32 float64 float8_e4m3fn float8_e5m2 int16 int32 int64 int8 ' +
  'qint32 qint8 quint8 uint16 uint32 uint64 uint8';

/**
 * What saved models of these frameworks import. Calling any of it makes data, whatever the arguments are: whole modules are
 * listed only for their classes, and functions one by one. Modules that open files or run code when called are absent,
 * such as `sklearn.datasets`, `sklearn.callback`, `numpy.f2py`, `scipy.stats` and `torch.hub`.
 */
export const KNOWN_IMPORTS: readonly KnownImports[] = [
  {
    framework: 'Python',
    modules: /^(builtins|__builtin__)$/,
    names: words('bool bytearray bytes complex dict float frozenset int list object range set slice str tuple'),
  },
  { framework: 'Python', modules: /^(copyreg|copy_reg)$/, names: ['_reconstructor'] },
  { framework: 'Python', modules: /^_codecs$/, names: ['encode'] },
  {
    framework: 'Python',
    modules: /^collections$/,
    names: ['Counter', 'OrderedDict', 'defaultdict', 'deque'],
  },
  { framework: 'Python', modules: /^datetime$/, names: ['date', 'datetime', 'time', 'timedelta', 'timezone'] },
  { framework: 'Python', modules: /^(decimal|fractions|uuid)$/, names: ['Decimal', 'Fraction', 'UUID'] },
  { framework: 'Python', modules: /^functools$/, names: ['partial'] },
  { framework: 'Python', modules: /^operator$/, names: ['itemgetter'] },
  { framework: 'Python', modules: /^pathlib(\._local)?$/, names: /^(Pure)?(Posix|Windows)?Path$/ },
  { framework: 'Python', modules: /^re$/, names: ['_compile'] },
  { framework: 'Python', modules: /^types$/, names: ['SimpleNamespace'] },
  {
    framework: 'NumPy',
    modules: /^numpy$/,
    names: words(
      `dtype ndarray matrix record ${ELEMENTWISE} bool bool_ bytes_ complex128 complex64 datetime64 float16 float32 float64 int16 ` +
        'int32 int64 int8 intc intp longdouble longlong object_ str_ timedelta64 uint16 uint32 uint64 uint8 ulonglong void',
    ),
  },
  {
    framework: 'NumPy',
    modules: /^numpy\._?core\.(multiarray|numeric|_multiarray_umath)$/,
    names: words(`_reconstruct scalar _frombuffer _convert_to_stringdtype_kwargs ${ELEMENTWISE}`),
  },
  { framework: 'NumPy', modules: /^numpy\.ma(\.core)?$/, names: ['MaskedArray', '_mareconstruct'] },
  { framework: 'NumPy', modules: /^numpy\.rec$/, names: ['recarray'] },
  { framework: 'NumPy', modules: /^numpy\.dtypes$/, names: /^[A-Z]\w*DType$/ },
  {
    framework: 'NumPy',
    modules: /^numpy\.random(\.\w+)?$/,
    names:
      /^(__(bit_generator|generator|randomstate)_ctor|MT19937|PCG64(DXSM)?|Philox|SFC64|RandomState|Generator|SeedSequence|__pyx_unpickle_\w+)$/,
  },
  { framework: 'NumPy', modules: /^numpy\.matrixlib\.defmatrix$/, names: ['matrix'] },
  { framework: 'NumPy', modules: /^numpy\.polynomial\.\w+$/, names: CLASSES },
  { framework: 'SciPy', modules: /^scipy\.sparse(\._\w+)?$/, names: /^(bsr|coo|csc|csr|dia|dok|lil)_(array|matrix)$/ },
  { framework: 'SciPy', modules: /^scipy\.(interpolate|spatial)(\._\w+)?$/, names: CLASSES },
  {
    framework: 'SciPy',
    modules: /^scipy\.special(\._\w+)?$/,
    names: ['expit', 'logit', 'xlogy', 'boxcox', 'inv_boxcox'],
  },
  {
    framework: 'pandas',
    modules: /^pandas\.(arrays|core\.(frame|series|indexes\.\w+|arrays(\.\w+)*|internals\.\w+|dtypes\.dtypes))$/,
    names: CLASSES,
  },
  {
    framework: 'pandas',
    modules: /^pandas\.core\.(indexes\.\w+|internals\.\w+)$/,
    names: ['_new_Index', '_new_DatetimeIndex', '_new_PeriodIndex', 'new_block', '_unpickle_block'],
  },
  {
    framework: 'pandas',
    modules: /^pandas\._libs(\.\w+)*$/,
    names:
      /^(_unpickle_block|_nat_unpickle|_timestamp_unpickle|_timedelta_unpickle|BlockManager|BlockPlacement|Timestamp|Timedelta|NAType|NaTType|__pyx_unpickle_\w+)$/,
  },
  {
    framework: 'pandas',
    modules: /^pandas(\.api\.types)?$/,
    names: /^(\w*Dtype|DataFrame|Series|\w*Index|Categorical)$/,
  },
  {
    framework: 'scikit-learn',
    modules:
      /^sklearn\.(_loss|base|calibration|cluster|compose|covariance|cross_decomposition|decomposition|discriminant_analysis|dummy|ensemble|feature_extraction|feature_selection|gaussian_process|impute|isotonic|kernel_approximation|kernel_ridge|linear_model|manifold|metrics|mixture|model_selection|multiclass|multioutput|naive_bayes|neighbors|neural_network|pipeline|preprocessing|random_projection|semi_supervised|svm|tree)(\.(?!tests\b)\w+)*$/,
    names: CLASSES,
  },
  {
    framework: 'scikit-learn',
    modules: /^sklearn\.utils\._(bunch|metadata_requests|tags|typedefs|weight_vector|random)$/,
    names: CLASSES,
  },
  {
    framework: 'scikit-learn',
    modules: /^sklearn\.(metrics\._dist_metrics|neighbors\._(ball|kd)_tree)$/,
    names: ['newObj'],
  },
  {
    framework: 'scikit-learn',
    modules: /^sklearn\.feature_selection\._(univariate_selection|mutual_info)$/,
    names: words('chi2 f_classif f_oneway f_regression mutual_info_classif mutual_info_regression r_regression'),
  },
  // HistGradientBoosting converts its categories by it.
  { framework: 'scikit-learn', modules: /^sklearn\.utils\.validation$/, names: ['check_array'] },
  { framework: 'scikit-learn', modules: /^sklearn\.metrics\._scorer$/, names: ['_passthrough_scorer'] },
  {
    framework: 'scikit-learn',
    modules: /^sklearn\.metrics\._(classification|ranking|regression)$/,
    names: /^[a-z][a-z\d]*(_[a-z\d]+)*_(score|error|loss|auc|deviance)$/,
  },
  { framework: 'joblib', modules: /^joblib\.numpy_pickle$/, names: ['NumpyArrayWrapper'] },
  {
    framework: 'LightGBM',
    modules: /^lightgbm\.(basic|sklearn)$/,
    names: ['Booster', 'LGBMClassifier', 'LGBMModel', 'LGBMRanker', 'LGBMRegressor', '_LGBMLabelEncoder'],
  },
  { framework: 'LightGBM', modules: /^lightgbm\.compat$/, names: ['_LGBMLabelEncoder', 'LabelEncoder'] },
  { framework: 'XGBoost', modules: /^xgboost\.core$/, names: ['Booster', 'Objective'] },
  { framework: 'XGBoost', modules: /^xgboost\.sklearn$/, names: /^XGB\w+$/ },
  { framework: 'CatBoost', modules: /^catboost\.core$/, names: /^CatBoost(Classifier|Ranker|Regressor)?$/ },
  {
    framework: 'PyTorch',
    modules: /^torch$/,
    names: new RegExp(
      `^(${alternatives(`Size Tensor device dtype ${TORCH_DTYPES} ${ELEMENTWISE} ${ACTIVATIONS}`)}|[A-Z]\\w*Storage)$`,
    ),
  },
  {
    framework: 'PyTorch',
    modules: /^torch\._(C\._nn|tensor)$/,
    names: words(`_rebuild_from_type_v2 Tensor ${ACTIVATIONS}`),
  },
  {
    framework: 'PyTorch',
    modules: /^torch\._utils$/,
    names: words(
      '_rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_tensor ' +
        '_rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_meta_tensor_no_storage _rebuild_nested_tensor',
    ),
  },
  { framework: 'PyTorch', modules: /^torch\.serialization$/, names: ['_get_layout'] },
  { framework: 'PyTorch', modules: /^torch\.storage$/, names: /^(_load_from_bytes|(_?Typed|Untyped)Storage)$/ },
  { framework: 'PyTorch', modules: /^torch\.nn\.(modules\.\w+|parameter|utils\.parametrizations)$/, names: CLASSES },
  { framework: 'PyTorch', modules: /^torch\.nn\.functional$/, names: words(ACTIVATIONS) },
  { framework: 'torchvision', modules: /^torchvision\.(models(\.\w+)*|ops\.\w+)$/, names: CLASSES },
];

/** Whether saved models of a framework import it, and calling it makes data only. */
export function isKnown({ module, name }: Import): boolean {
  return KNOWN_IMPORTS.some(
    ({ modules, names }) => modules.test(module) && (names instanceof RegExp ? names.test(name) : names.includes(name)),
  );
}

/** Modules that run commands or code, or reach files, processes and the network, which no model is an instance of. */
const HOSTILE_MODULES = new Set(
  words(
    '_ctypes _pickle _posixsubprocess _socket _thread aiohttp antigravity asyncio asyncore atexit bdb cPickle cProfile cffi ' +
      'cgitb code codeop commands compileall concurrent ctypes distutils doctest ensurepip fileinput ftplib gc glob ' +
      'http httplib httpx idlelib imaplib imp importlib lib2to3 linecache mailcap marshal multiprocessing nntplib nt ' +
      'os pdb pickle pip pkgutil platform poplib popen2 posix profile pty py_compile pydoc requests rlcompleter runpy ' +
      'select setuptools shelve shutil signal site smtplib socket socketserver sqlite3 ssl subprocess sys sysconfig tarfile ' +
      'telnetlib tempfile thread threading timeit tkinter trace turtle unittest urllib urllib2 urllib3 venv webbrowser ' +
      'wsgiref xmlrpc zipfile zipimport',
  ),
);

/** Modules in these that only compute. */
const HARMLESS_MODULES = new Set(['urllib.parse']);

/** Functions that run code or commands, load code or pickles, or read and change any object by name. */
const HOSTILE_NAMES = new Set([
  ...['builtins', '__builtin__'].flatMap((module) =>
    words(
      '__import__ apply breakpoint compile delattr eval exec execfile exit file globals input locals open quit setattr vars',
    ).map((name) => `${module}.${name}`),
  ),
  ...words(
    '_io.FileIO _io.open io.FileIO io.open types.CodeType types.FunctionType operator.attrgetter operator.methodcaller ' +
      '_operator.attrgetter _operator.methodcaller logging.config.listen codecs.open numpy.load numpy.fromfile ' +
      'numpy.memmap numpy.testing._private.utils.runstring joblib.load joblib.numpy_pickle.load pandas.read_pickle ' +
      'pandas.io.pickle.read_pickle pandas.eval pandas.core.computation.eval.eval torch.load torch.serialization.load ' +
      'torch.hub.load torch.jit.load torch.package.PackageImporter dill.loads dill._dill.loads dill.load cloudpickle.loads ' +
      'cloudpickle.load',
  ),
]);

/** Whether the import is of no use in a saved model, but lets a file run commands or code when it is loaded. */
export function isHostile(imported: Import): boolean {
  const { module, name } = imported;
  const [top] = module.split('.');
  if (HOSTILE_MODULES.has(top!) && !HARMLESS_MODULES.has(module)) return true;
  if (HOSTILE_NAMES.has(`${module}.${name}`)) return true;
  // Attributes of attributes lead from any class or module to the functions above.
  const [first, ...attributes] = name.split('.');
  if (attributes.length === 0) return false;
  return HOSTILE_MODULES.has(first!) || [first!, ...attributes].some((each) => each.startsWith('__'));
}

/** Functions that are of use in saved models, but whose results may be any function, so that a file must not call them. */
const LOOKUPS = new Set(['builtins.getattr', '__builtin__.getattr']);

/** Whether nothing that the import returns may be called while a file is loaded. */
export function forbidsCallsOfResult(imported: Import): boolean {
  return isKnown(imported) || LOOKUPS.has(`${imported.module}.${imported.name}`);
}

/** Known functions that may return an argument, or what an attribute of it returns. */
const PASSING = new Set(words(`object_ scalar encode _compile check_array ${ELEMENTWISE} ${ACTIVATIONS}`));

/** Whether a call may return a value that the file has elsewhere too, so that it must not set the state of the result. */
export function returnsArgument({ callee, args }: CallValue): boolean {
  if (callee.kind !== 'import' || !isKnown(callee.import)) return false;
  if (PASSING.has(callee.import.name)) return true;
  // A type of NumPy is not always copied.
  const [first] = args.items;
  return isImport(callee, 'numpy', 'dtype') && first?.kind === 'call';
}

function words(text: string): string[] {
  return text.split(' ');
}

function alternatives(text: string): string {
  return words(text).join('|');
}
