import './extension.test.js';
import './handlerLenses.test.js';
import './projectFile.test.js';
